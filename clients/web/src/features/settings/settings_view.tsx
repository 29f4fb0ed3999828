/** One's profile, the language and colours, and where one is signed in. */
import type { ReactNode } from 'react';
import { ArrowLeft, Keyboard } from 'lucide-react';
import { useLocation } from 'wouter';
import { chooseLocale, locales, useLocale, useT, type Locale } from '@/i18n';
import { useClient } from '@/lib/client';
import { showOverlay } from '@/lib/overlays';
import { routes } from '@/lib/routes';
import { setTheme, useTheme, type Theme } from '@/lib/theme';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button, IconButton } from '@/ui/button';
import { Choice } from '@/ui/field';
import { ProfileForm } from './profile_form';
import { Sessions } from './sessions';

export function SettingsView() {
  const t = useT();
  const [, navigate] = useLocation();
  const { serverVersion } = useSnapshot(useClient().connection);
  return (
    <section aria-label={t.settings.title} className="flex min-h-0 flex-1 flex-col bg-canvas">
      <header className="flex h-15 shrink-0 items-center gap-2 border-b border-line bg-surface px-3">
        <IconButton label={t.common.back} onClick={() => navigate(routes.home)}>
          <ArrowLeft />
        </IconButton>
        <h1 className="text-[1.0625rem] font-semibold">{t.settings.title}</h1>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto max-w-2xl space-y-4 p-4 md:p-6">
          <Card title={t.settings.profile}>
            <ProfileForm />
          </Card>
          <Card title={t.settings.appearance}>
            <Row label={t.settings.language}>
              <Choice<Locale>
                label={t.settings.language}
                value={useLocale()}
                options={locales.map(({ locale, name }) => ({ value: locale, label: name }))}
                onChange={(locale) => void chooseLocale(locale)}
              />
            </Row>
            <Row label={t.settings.theme}>
              <Choice<Theme>
                label={t.settings.theme}
                value={useTheme()}
                options={(['system', 'light', 'dark'] as const).map((value) => ({
                  value,
                  label: t.settings.themes[value],
                }))}
                onChange={setTheme}
              />
            </Row>
          </Card>
          <Card title={t.settings.sessions}>
            <Sessions />
          </Card>
          <Card title={t.settings.about}>
            <Row label={`AIIM · ${t.settings.version(serverVersion ?? '…')}`}>
              <Button size="small" className="[&>svg]:size-4" onClick={() => showOverlay({ kind: 'shortcuts' })}>
                <Keyboard />
                {t.settings.keys}
              </Button>
            </Row>
          </Card>
        </div>
      </div>
    </section>
  );
}

function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title} className="rounded-2xl border border-line bg-surface p-5 shadow-small">
      <h2 className="mb-3 font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-1.5">
      <span className="text-ink-2">{label}</span>
      {children}
    </div>
  );
}
