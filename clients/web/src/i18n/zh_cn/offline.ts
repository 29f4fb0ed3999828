import type { Messages } from '..';

export const offline: Messages['offline'] = {
  offline: '没有连接',
  retryIn: (seconds: number) => `${seconds} 秒后重试`,
  retryNow: '立即重试',
  connecting: '正在连接…',
  catchingUp: '正在同步…',
  unsent: (count: number) => `${count} 条未发送`,
  unsentTitle: '尚未发送',
  retryAll: '全部重新发送',
  nothingUnsent: '全部已发送',
};
