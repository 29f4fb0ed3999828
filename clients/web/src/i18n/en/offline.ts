import { counted } from '../plural';

export const offline = {
  offline: 'No connection',
  retryIn: (seconds: number) => `Next attempt in ${counted(seconds, 'second')}`,
  retryNow: 'Try now',
  connecting: 'Connecting…',
  catchingUp: 'Catching up…',
  unsent: (count: number) => `${count} unsent`,
  unsentTitle: 'Not sent yet',
  retryAll: 'Send all again',
  nothingUnsent: 'Everything has been sent',
};
