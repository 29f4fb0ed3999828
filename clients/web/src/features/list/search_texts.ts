import { useCallback } from 'react';
import type { ConversationSummary } from '@aiim/client';
import { userNameOf } from '@/features/people';
import { useClient } from '@/lib/client';

const namedMax = 20;

/** What a search in the list looks at: a conversation's name, and its members' names and ids. */
export function useSearchTexts(): (item: ConversationSummary) => string {
  const client = useClient();
  return useCallback(
    (item) => {
      const { name, members } = item.conversation;
      const people = members.slice(0, namedMax).filter((member) => member.user_id !== client.me.userId);
      return [name ?? '', ...people.map((member) => `${userNameOf(client, member.user_id)} ${member.user_id}`)].join(
        ' ',
      );
    },
    [client],
  );
}
