import type { Messages } from '..';

export const streams: Messages['streams'] = {
  stop: '停止',
  stopAnswer: '停止这个回答',
  thinking: '思考中…',
  thought: '推理过程',
  answering: '正在回答',
  usingTool: (name: string) => `正在使用 ${name}`,
  usedTool: (name: string) => `已使用 ${name}`,
  toolFailed: (name: string) => `${name} 失败`,
  toolInput: '输入',
  toolOutput: '结果',
  copyAnswer: '复制回答',
  outcome: { error: '回答失败。', cancelled: '已停止。', interrupted: '回答被中断。' },
};
