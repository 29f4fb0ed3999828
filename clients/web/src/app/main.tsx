/** Where the page begins: the theme, the language, then the application. */
import { createRoot } from 'react-dom/client';
import { loadLocale, preferredLocale } from '@/i18n';
import { followTheme } from '@/lib/theme';
import { App } from './app';
import './styles.css';

followTheme();
void loadLocale(preferredLocale()).then(() => {
  createRoot(document.getElementById('root') as HTMLElement).render(<App />);
});
