export { DetailsPanel } from './details_panel';
export { LeaveGroup } from './leave_group';
