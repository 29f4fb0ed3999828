/** What failed, in words: the server's own where it has any, ours for what happens on the way. */
import { AiimError } from '@aiim/client';
import { texts } from '@/i18n';

export function reasonOf(error: unknown): string {
  const { errors } = texts();
  if (!(error instanceof AiimError)) return errors.unknown;
  switch (error.code) {
    case 'network':
    case 'timeout':
    case 'queue_full':
    case 'too_large':
    case 'rate_limited':
      return errors[error.code];
    case 'aborted':
    case 'closed':
    case 'bad_response':
      return errors.unknown;
    default:
      return error.message || errors.unknown;
  }
}
