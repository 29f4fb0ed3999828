/** Language and appearance. */
import { ArrowLeft } from 'lucide-react';
import { useLocation } from 'wouter';
import { chooseLocale, locales, useLocale, useT, type Locale } from '@/i18n';
import { routes } from '@/lib/routes';
import { setTheme, useTheme, type Theme } from '@/lib/theme';
import { IconButton } from '@/ui/button';
import { Choice } from '@/ui/field';

export function SettingsView(_: { readonly section: string | undefined }) {
  const t = useT();
  const [, navigate] = useLocation();
  return (
    <section aria-label={t.settings.title} className="flex min-h-0 flex-1 flex-col bg-canvas">
      <header className="flex h-15 shrink-0 items-center gap-2 border-b border-line bg-surface px-3">
        <IconButton label={t.common.back} onClick={() => navigate(routes.home)}>
          <ArrowLeft />
        </IconButton>
        <h1 className="text-[1.0625rem] font-semibold">{t.settings.title}</h1>
      </header>
      <div className="mx-auto w-full max-w-2xl flex-1 space-y-6 overflow-y-auto p-6">
        <Choice<Locale>
          label={t.login.language}
          value={useLocale()}
          options={locales.map(({ locale, name }) => ({ value: locale, label: name }))}
          onChange={(locale) => void chooseLocale(locale)}
        />
        <Choice<Theme>
          label={t.login.theme}
          value={useTheme()}
          options={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t.settings.themes[value] }))}
          onChange={setTheme}
        />
      </div>
    </section>
  );
}
