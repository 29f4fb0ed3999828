export { SettingsView } from './settings_view';
