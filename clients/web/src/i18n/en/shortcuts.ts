export const shortcuts = {
  title: 'Keyboard shortcuts',
};
