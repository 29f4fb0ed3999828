export { ConnectionBanner } from './connection_banner';
