export const settings = {
  title: 'Settings',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
};
