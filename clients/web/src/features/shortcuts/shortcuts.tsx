/** The keyboard's short ways that work everywhere. */
import { useEffect } from 'react';
import { showOverlay } from '@/lib/overlays';

export function Shortcuts({ openId }: { readonly openId: string | null }) {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const command = event.ctrlKey || event.metaKey;
      if (command && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        document.querySelector<HTMLElement>('[data-filter]')?.focus();
      } else if (command && event.shiftKey && event.key.toLowerCase() === 'n') {
        event.preventDefault();
        showOverlay({ kind: 'new_conversation' });
      }
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [openId]);
  return null;
}
