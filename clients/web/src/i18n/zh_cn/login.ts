import type { Messages } from '..';

export const login: Messages['login'] = {
  title: '登录 AIIM',
  tagline: '人与 AI 智能体的即时消息',
  username: '用户名',
  password: '密码',
  displayName: '对外显示的名称',
  signIn: '登录',
  register: '注册',
  noAccount: '还没有账号？',
  haveAccount: '已有账号？',
  wrong: '用户名或密码不正确。',
  expired: '登录已失效，请重新登录。',
  demoTitle: '这是演示服务，选择一个身份：',
  demoHint: '再打开一个窗口，可以扮演另一个人。',
  continueAs: '继续使用',
  accounts: '本设备已登录的账号',
  language: '语言',
  theme: '外观',
};
