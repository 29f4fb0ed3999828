/** What lies over the page, one at a time. Any view may ask for one; `app/overlays.tsx` draws it. */
import { useSyncExternalStore } from 'react';

export type Overlay =
  | { readonly kind: 'new_conversation' }
  | { readonly kind: 'leave'; readonly conversationId: string }
  | { readonly kind: 'add_members'; readonly conversationId: string }
  | { readonly kind: 'message_info'; readonly conversationId: string; readonly messageId: string }
  | { readonly kind: 'recall'; readonly conversationId: string; readonly messageId: string }
  | { readonly kind: 'image'; readonly url: string; readonly caption: string }
  | { readonly kind: 'profile'; readonly userId: string }
  | { readonly kind: 'unsent' }
  | { readonly kind: 'shortcuts' };

let current: Overlay | null = null;
const listeners = new Set<() => void>();

export function showOverlay(overlay: Overlay | null): void {
  current = overlay;
  for (const listener of [...listeners]) listener();
}

export function closeOverlay(): void {
  showOverlay(null);
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function useOverlay(): Overlay | null {
  return useSyncExternalStore(subscribe, () => current);
}
