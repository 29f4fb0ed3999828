import type { Messages } from '..';

export const common: Messages['common'] = {
  close: '关闭',
  cancel: '取消',
  save: '保存',
  back: '返回',
  retry: '重试',
  dismiss: '关闭提示',
  more: '更多',
  search: '搜索',
  clear: '清除',
  copy: '复制',
  copied: '已复制',
  you: '我',
  loading: '加载中…',
  somethingBroke: '这里出了点问题',
  somethingBrokeText: '页面的这一部分出错了，你的消息不受影响。',
  reload: '重新加载',
  unnamedGroup: '群聊',
  unknownUser: '未知用户',
  online: '在线',
  away: '离开',
  offline: '离线',
  lastSeen: (when: string) => `最近在线：${when}`,
  bot: '机器人',
  skipToMessages: '跳到消息',
  skipToComposer: '跳到输入框',
  unreadInTitle: (count: number) => `${count} 条未读消息`,
};

export const errors: Messages['errors'] = {
  network: '无法连接服务器。',
  timeout: '服务器没有及时响应。',
  rate_limited: '操作太频繁，请稍后再试。',
  queue_full: '等待发送的消息过多。',
  too_large: '内容过长，无法发送。请缩短，或分几条发送。',
  unknown: '操作失败，请重试。',
};
