/** The addresses of this application. A token or a message's text is never part of one. */

export const routes = {
  home: '/',
  conversation: (id: string) => `/c/${encodeURIComponent(id)}`,
  conversationPattern: '/c/:id',
  settings: (section?: string) => (section === undefined ? '/settings' : `/settings/${section}`),
  settingsPattern: '/settings/:section?',
} as const;
