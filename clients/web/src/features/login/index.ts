export { Login } from './login';
