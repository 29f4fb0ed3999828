import type { Messages } from '..';

export const members: Messages['members'] = {
  title: '成员',
  people: '联系人',
  leaveTitle: '退出这个群聊？',
  leaveText: '退出后你将看不到它，除非有人再次添加你。',
  leave: '退出',
  newTitle: '新建会话',
  newGroup: '新建群聊',
  groupName: '群名称',
  createGroup: (count: number) => (count === 0 ? '创建群聊' : `创建群聊（${count} 人）`),
  findPeople: '按名称找人',
  nobody: '没有找到人',
  unchoose: (name: string) => `移除 ${name}`,
  add: '添加成员',
  addCount: (count: number) => (count === 0 ? '添加' : `添加 ${count} 人`),
  rename: '修改群名称',
  actions: (name: string) => `对 ${name} 的操作`,
  message: '发消息',
  remove: '移出群聊',
  roles: { owner: '群主', admin: '管理员', member: '成员' },
};
