import { useSyncExternalStore } from 'react';
import type { Observable } from '@aiim/client';

/** The current snapshot of a store of the SDK; the view is drawn again when it changes. */
export function useSnapshot<T>(store: Observable<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}
