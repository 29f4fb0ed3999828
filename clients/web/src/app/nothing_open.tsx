import { MessagesSquare } from 'lucide-react';
import { useT } from '@/i18n';
import { commandKey } from '@/lib/keys';
import { EmptyState } from '@/ui/states';

export function NothingOpen() {
  const t = useT();
  return (
    <EmptyState
      className="flex-1 bg-canvas"
      icon={<MessagesSquare />}
      title={t.messages.none}
      text={t.messages.noneText(commandKey)}
    />
  );
}
