export const members = {
  title: 'Members',
  leaveTitle: 'Leave this group?',
  leaveText: 'You will not see it any more, until somebody adds you again.',
  leave: 'Leave',
  newTitle: 'New conversation',
  findPeople: 'Find people by name',
  nobody: 'Nobody found',
  roles: { owner: 'Owner', admin: 'Admin', member: 'Member' },
};
