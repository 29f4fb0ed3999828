/** The keys that work everywhere. Letters do nothing while one writes. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useClient } from '@/lib/client';
import { showOverlay } from '@/lib/overlays';
import { routes } from '@/lib/routes';

export function Shortcuts({ openId }: { readonly openId: string | null }) {
  const client = useClient();
  const [, navigate] = useLocation();
  useEffect(() => {
    const step = (by: 1 | -1): void => {
      const { items } = client.conversations.getSnapshot();
      const at = items.findIndex((item) => item.conversationId === openId);
      const to = items[at === -1 ? 0 : at + by];
      if (to !== undefined) navigate(routes.conversation(to.conversationId));
    };
    const key = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const command = event.ctrlKey || event.metaKey;
      if (command && !event.altKey && event.key.toLowerCase() === 'k') focus('[data-filter]');
      else if (event.altKey && !command && event.code === 'KeyN') showOverlay({ kind: 'new_conversation' });
      else if (event.altKey && !command && event.key === 'ArrowDown') step(1);
      else if (event.altKey && !command && event.key === 'ArrowUp') step(-1);
      else if (event.key === '?' && !command && !isField(event.target)) showOverlay({ kind: 'shortcuts' });
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [client, openId, navigate]);
  return null;
}

function focus(selector: string): void {
  const element = document.querySelector<HTMLInputElement>(selector);
  element?.focus();
  element?.select();
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=radio]), textarea, [contenteditable]');
}
