export { AccountMenu } from './account_menu';
