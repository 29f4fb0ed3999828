import type { Messages } from '..';

export const members: Messages['members'] = {
  title: '成员',
  leaveTitle: '退出这个群聊？',
  leaveText: '退出后你将看不到它，除非有人再次添加你。',
  leave: '退出',
  newTitle: '新建会话',
  findPeople: '按名称找人',
  nobody: '没有找到人',
  roles: { owner: '群主', admin: '管理员', member: '成员' },
};
