export { DetailsPanel } from './details_panel';
export { LeaveGroup } from './leave_group';
export { AddMembers } from './add_members';
