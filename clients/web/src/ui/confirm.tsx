import type { ReactNode } from 'react';
import { useT } from '@/i18n';
import { Button } from './button';
import { Dialog } from './dialog';

export interface ConfirmProps {
  readonly title: string;
  readonly text: ReactNode;
  /** What the button says: the deed, not "OK". */
  readonly action: string;
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, action, danger, busy, onConfirm, onClose }: ConfirmProps) {
  const t = useT();
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button variant={danger ? 'danger' : 'primary'} busy={busy ?? false} onClick={onConfirm} autoFocus>
            {action}
          </Button>
        </>
      }
    >
      <div className="text-base text-ink-2">{text}</div>
    </Dialog>
  );
}
