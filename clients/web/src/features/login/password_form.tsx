import { useState, type FormEvent } from 'react';
import { AiimError } from '@aiim/client';
import { useLocale, useT } from '@/i18n';
import { sessionOf } from '@/lib/accounts';
import { reasonOf } from '@/lib/failures';
import { Button } from '@/ui/button';
import { TextField } from '@/ui/field';

export interface PasswordFormProps {
  readonly registration: boolean;
  readonly onSignedIn: (username: string) => void;
}

export function PasswordForm({ registration, onSignedIn }: PasswordFormProps) {
  const t = useT().login;
  const locale = useLocale();
  const [registering, setRegistering] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string): string => String(form.get(name) ?? '');
    const username = field('username').trim();
    setBusy(true);
    setError(null);
    try {
      const session = sessionOf(username, locale);
      if (registering) {
        const displayName = field('display_name').trim();
        await session.register({
          username,
          password: field('password'),
          ...(displayName && { display_name: displayName }),
        });
      } else await session.login(username, field('password'));
      onSignedIn(username);
    } catch (cause) {
      const wrong = !registering && cause instanceof AiimError && cause.code === 'unauthenticated';
      setError(wrong ? t.wrong : reasonOf(cause));
      setBusy(false);
    }
  };

  return (
    <form className="space-y-4" onSubmit={(event) => void submit(event)}>
      <TextField
        label={t.username}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        maxLength={64}
      />
      {registering && <TextField label={t.displayName} name="display_name" autoComplete="name" maxLength={100} />}
      <TextField
        label={t.password}
        name="password"
        type="password"
        autoComplete={registering ? 'new-password' : 'current-password'}
        required
        error={error}
      />
      <Button type="submit" variant="primary" size="large" busy={busy} className="w-full">
        {registering ? t.register : t.signIn}
      </Button>
      {registration && (
        <p className="text-center text-sm text-ink-3">
          {registering ? t.haveAccount : t.noAccount}{' '}
          <button
            type="button"
            className="font-medium text-accent-ink hover:underline"
            onClick={() => setRegistering(!registering)}
          >
            {registering ? t.signIn : t.register}
          </button>
        </p>
      )}
    </form>
  );
}
