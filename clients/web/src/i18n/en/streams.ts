export const streams = {
  stop: 'Stop',
  stopAnswer: 'Stop this answer',
  thinking: 'Thinking…',
  thought: 'Reasoning',
  answering: 'Answering',
  usingTool: (name: string) => `Using ${name}`,
  usedTool: (name: string) => `Used ${name}`,
  toolFailed: (name: string) => `${name} failed`,
  toolInput: 'Input',
  toolOutput: 'Result',
  copyAnswer: 'Copy answer',
  outcome: { error: 'The answer failed.', cancelled: 'Stopped.', interrupted: 'The answer was interrupted.' },
};
