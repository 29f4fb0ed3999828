import { MessageCircle } from 'lucide-react';
import { useLocation } from 'wouter';
import { PresenceText, UserAvatar, useUser } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { routes } from '@/lib/routes';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { toast } from '@/ui/toasts';

/** Who somebody is, and the way to write to them. */
export function ProfileCard({ userId, onClose }: { readonly userId: string; readonly onClose: () => void }) {
  const t = useT();
  const { client, userId: own } = useSession();
  const [, navigate] = useLocation();
  const user = useUser(userId);
  const write = async (): Promise<void> => {
    try {
      const { id } = await client.conversations.direct(userId);
      onClose();
      navigate(routes.conversation(id));
    } catch (error) {
      toast(reasonOf(error), 'error');
    }
  };
  return (
    <Dialog title={t.profile.title} size="small" onClose={onClose}>
      <div className="flex flex-col items-center gap-1 pt-2 text-center">
        <UserAvatar userId={userId} size={88} presence ring="border-raised" />
        <p dir="auto" className="mt-2 max-w-full text-lg font-semibold break-words">
          {user?.display_name || userId}
        </p>
        <p className="text-ink-3">
          {userId}
          {user?.kind === 'bot' && ` · ${t.common.bot}`}
        </p>
        <p className="text-sm text-ink-3">
          <PresenceText userId={userId} />
        </p>
        {userId !== own && (
          <Button variant="primary" autoFocus className="mt-4 [&>svg]:size-4" onClick={() => void write()}>
            <MessageCircle />
            {t.members.message}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
