import type { Messages } from '..';

export const composer: Messages['composer'] = {
  placeholder: (name: string) => `发消息给 ${name}`,
  label: '消息',
  send: '发送',
  emoji: '表情',
  emojiSearch: '搜索表情',
  emojiRecent: '最近使用',
  emojiNone: '没有找到表情',
  mention: '提到某人',
  suggestions: '建议',
  editing: '正在编辑消息',
  replyingTo: (name: string) => `回复 ${name}`,
  saveEdit: '保存修改',
  cancelEdit: '取消编辑',
  cancelReply: '取消回复',
  groups: {
    smileys: '笑脸',
    people: '人物',
    nature: '动物与自然',
    food: '食物与饮料',
    travel: '旅行与地点',
    activities: '活动',
    objects: '物品',
    symbols: '符号',
    flags: '旗帜',
  },
};
