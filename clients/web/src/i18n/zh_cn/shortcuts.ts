import type { Messages } from '..';

export const shortcuts: Messages['shortcuts'] = {
  title: '键盘快捷键',
};
