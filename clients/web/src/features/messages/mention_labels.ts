import { useMemo } from 'react';
import type { Message } from '@aiim/client';
import { useNames } from '@/features/people';

const none: readonly string[] = [];

/** The "@Name"s that a message's mentions may be written as. */
export function useMentionLabels(message: Message): readonly string[] {
  const ids = Array.isArray(message.content.mentions) ? message.content.mentions : none;
  const names = useNames(ids);
  return useMemo(
    () => (ids.length === 0 ? none : [...names, ...ids].map((name) => `@${name}`).sort((a, b) => b.length - a.length)),
    [names, ids],
  );
}
