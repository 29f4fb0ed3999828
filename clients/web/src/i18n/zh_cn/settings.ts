import type { Messages } from '..';

export const settings: Messages['settings'] = {
  title: '设置',
  themes: { system: '跟随系统', light: '浅色', dark: '深色' },
};
