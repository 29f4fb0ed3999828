/** Signing in: a demo user or a known account with one click, or a name and a password. */
import { useEffect, useState } from 'react';
import { useLocale, useT, chooseLocale, locales } from '@/i18n';
import { forgetAccount, knownAccounts, rememberDemo, sessionOf } from '@/lib/accounts';
import { readConfig, type ServerConfig } from '@/lib/config';
import { setTheme, useTheme } from '@/lib/theme';
import { Avatar } from '@/ui/avatar';
import { Skeleton } from '@/ui/states';
import { PasswordForm } from './password_form';
import { reasonOf } from '@/lib/failures';
import { Monitor, Moon, Sun } from 'lucide-react';
import { IconButton } from '@/ui/button';
import { Spinner } from '@/ui/spinner';

export interface LoginProps {
  readonly expired: boolean;
  readonly onSignedIn: (username: string) => void;
}

export function Login({ expired, onSignedIn }: LoginProps) {
  const t = useT().login;
  const [config, setConfig] = useState<ServerConfig | null>(null);
  const [accounts] = useState(knownAccounts);
  useEffect(() => {
    forgetAccount();
    void readConfig().then((config) => {
      rememberDemo(config.demo_users.length > 0);
      setConfig(config);
    });
  }, []);
  const demo = (config?.demo_users ?? []).filter((user) => !accounts.some((known) => known.username === user.user_id));
  return (
    <div className="flex h-full flex-col overflow-y-auto bg-canvas">
      <main className="m-auto w-full max-w-104 px-4 py-8">
        <div className="mb-6 flex items-center gap-3.5 px-1">
          <img src="/favicon.svg" alt="" className="size-12" />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">{t.title}</h1>
            <p className="text-ink-3">{t.tagline}</p>
          </div>
        </div>
        <div className="space-y-5 rounded-2xl border border-line bg-surface p-6 shadow-small">
          {expired && (
            <p role="alert" className="rounded-lg bg-warning-soft px-3 py-2 text-sm text-warning">
              {t.expired}
            </p>
          )}
          {config === null && <Skeleton className="h-14 w-full rounded-xl" />}
          {accounts.length > 0 && (
            <People
              title={t.accounts}
              people={accounts.map(({ username, user }) => ({
                username,
                id: user.user_id,
                name: user.display_name,
                src: user.avatar_url,
              }))}
              onChoose={({ username }) => {
                onSignedIn(username);
                return Promise.resolve();
              }}
            />
          )}
          {demo.length > 0 && (
            <People
              title={t.demoTitle}
              hint={t.demoHint}
              people={demo.map((user) => ({
                username: user.user_id,
                id: user.user_id,
                name: user.display_name,
                src: null,
                password: user.password,
              }))}
              onChoose={async ({ username, password }, locale) => {
                await sessionOf(username, locale).login(username, password ?? '');
                onSignedIn(username);
              }}
            />
          )}
          {(accounts.length > 0 || demo.length > 0) && <hr className="border-line" />}
          <PasswordForm registration={config?.registration ?? false} onSignedIn={onSignedIn} />
        </div>
        <Preferences />
      </main>
    </div>
  );
}

interface Person {
  readonly username: string;
  readonly id: string;
  readonly name: string;
  readonly src: string | null;
  readonly password?: string;
}

interface PeopleProps {
  readonly title: string;
  readonly hint?: string;
  readonly people: readonly Person[];
  readonly onChoose: (person: Person, locale: string) => Promise<void>;
}

function People({ title, hint, people, onChoose }: PeopleProps) {
  const t = useT().login;
  const locale = useLocale();
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const choose = (person: Person): void => {
    setBusy(person.username);
    setError(null);
    onChoose(person, locale).catch((cause: unknown) => {
      setBusy(null);
      setError(reasonOf(cause));
    });
  };
  return (
    <section aria-label={title}>
      <h2 className="mb-2 text-sm font-medium text-ink-2">{title}</h2>
      <ul className="space-y-1.5">
        {people.map((person) => (
          <li key={person.username}>
            <button
              type="button"
              data-account={person.username}
              disabled={busy !== null}
              onClick={() => choose(person)}
              className="flex w-full items-center gap-3 rounded-xl border border-line px-3 py-2.5 text-left transition-colors hover:border-accent hover:bg-accent-soft disabled:opacity-60"
            >
              <Avatar id={person.id} name={person.name} src={person.src} size={36} />
              <span className="min-w-0 flex-1">
                <span className="sr-only">{t.continueAs} </span>
                <span className="block truncate font-medium">{person.name}</span>
                <span className="block truncate text-sm text-ink-3">{person.username}</span>
              </span>
              {busy === person.username && <Spinner className="size-4 text-ink-3" />}
            </button>
          </li>
        ))}
      </ul>
      {error && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {error}
        </p>
      )}
      {hint && <p className="mt-2 text-sm text-ink-3">{hint}</p>}
    </section>
  );
}

const themes = { system: Monitor, light: Sun, dark: Moon } as const;

function Preferences() {
  const t = useT();
  const chosen = useTheme();
  const locale = useLocale();
  const Icon = themes[chosen];
  const next = chosen === 'system' ? 'light' : chosen === 'light' ? 'dark' : 'system';
  return (
    <div className="mt-4 flex items-center justify-center gap-1">
      {locales.map((each) => (
        <button
          key={each.locale}
          type="button"
          lang={each.locale}
          aria-pressed={each.locale === locale}
          onClick={() => void chooseLocale(each.locale)}
          className="h-9 rounded-lg px-2.5 text-sm text-ink-3 hover:text-ink aria-pressed:font-semibold aria-pressed:text-ink"
        >
          {each.name}
        </button>
      ))}
      <IconButton label={t.login.theme} onClick={() => setTheme(next)}>
        <Icon />
      </IconButton>
    </div>
  );
}
