import { useState, type FormEvent } from 'react';
import { UserAvatar } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';
import { Skeleton } from '@/ui/states';
import { toast } from '@/ui/toasts';

export function ProfileForm() {
  const t = useT();
  const { client, userId } = useSession();
  const me = useSnapshot(client.me);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  if (me === null) return <Skeleton className="h-32 w-full" />;
  const save = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get('name') ?? '').trim();
    const picture = String(form.get('picture') ?? '').trim();
    setBusy(true);
    setError(null);
    try {
      await client.me.update({ display_name: name, avatar_url: picture === '' ? null : picture });
      toast(t.settings.saved);
    } catch (cause) {
      setError(reasonOf(cause));
    }
    setBusy(false);
  };
  return (
    <form className="flex gap-5 max-sm:flex-col" onSubmit={(event) => void save(event)}>
      <UserAvatar userId={userId} size={72} />
      <div className="min-w-0 flex-1 space-y-4">
        <TextField
          label={t.settings.name}
          name="name"
          defaultValue={me.display_name}
          required
          maxLength={100}
          error={error}
        />
        <TextField
          label={t.settings.picture}
          name="picture"
          type="url"
          defaultValue={me.avatar_url ?? ''}
          placeholder="https://"
          hint={t.settings.pictureHint}
          maxLength={2_000}
        />
        <Button type="submit" variant="primary" busy={busy}>
          {t.common.save}
        </Button>
      </div>
    </form>
  );
}
