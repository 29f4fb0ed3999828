import type { Messages } from '..';

export const profile: Messages['profile'] = {
  title: '个人资料',
  switchAccount: '使用其他账号',
  signOut: '退出登录',
};
