export const profile = {
  title: 'Profile',
  switchAccount: 'Use another account',
  signOut: 'Sign out',
};
