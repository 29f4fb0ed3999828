import type { Messages } from '..';

export const offline: Messages['offline'] = {
  offline: '没有连接',
  retryIn: (seconds: number) => `${seconds} 秒后重试`,
  retryNow: '立即重试',
  connecting: '正在连接…',
  catchingUp: '正在同步…',
  unsent: (count: number) => `${count} 条消息将在恢复连接后发送`,
};
