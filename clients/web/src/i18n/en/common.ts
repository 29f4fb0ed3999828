import { counted } from '../plural';

export const common = {
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  back: 'Back',
  retry: 'Try again',
  dismiss: 'Dismiss',
  more: 'More',
  search: 'Search',
  clear: 'Clear',
  copy: 'Copy',
  copied: 'Copied',
  you: 'You',
  loading: 'Loading…',
  somethingBroke: 'Something went wrong here',
  somethingBrokeText: 'This part of the page failed. Your messages are safe.',
  reload: 'Reload',
  unnamedGroup: 'Group',
  unknownUser: 'Unknown',
  online: 'Online',
  away: 'Away',
  offline: 'Offline',
  lastSeen: (when: string) => `Last seen ${when}`,
  bot: 'Bot',
  skipToMessages: 'Skip to the messages',
  skipToComposer: 'Skip to writing',
  unreadInTitle: (count: number) => counted(count, 'unread message'),
};

export const errors = {
  network: 'The server cannot be reached.',
  timeout: 'The server did not answer in time.',
  rate_limited: 'Too quick. Wait a moment and try again.',
  queue_full: 'Too many messages wait to be sent.',
  too_large: 'This is too long to be sent. Shorten it, or send it in parts.',
  unknown: 'That did not work. Try again.',
};
