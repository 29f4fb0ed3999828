/** One line of a message, for lists, replies and notifications. */
import type { Message } from '@aiim/client';
import type { Messages } from '@/i18n';

const lengthMax = 160;

/** Markdown's marks left out: a preview is for reading. */
export function plainText(markdown: string): string {
  return markdown
    .slice(0, lengthMax * 4)
    .replace(/```[^\n]*\n?/g, ' ')
    .replace(/!?\[([^\]\n]*)\]\([^)\s]*\)/g, '$1')
    .replace(/(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/`([^`\n]+)`/g, '$1')
    .replace(/^\s{0,3}(?:#{1,6}|>|[-*+]|\d+\.)\s+/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, lengthMax);
}

export function previewOf(message: Message, mine: boolean, t: Messages): string {
  if (message.status === 'recalled') return mine ? t.messages.recalledByYou : t.messages.recalled;
  const { content } = message;
  switch (message.type) {
    case 'image':
      return content.caption ? `🖼 ${plainText(content.caption)}` : `🖼 ${t.messages.image}`;
    case 'file':
      return `📎 ${content.filename ?? t.messages.file}`;
    case 'audio':
      return `🎤 ${t.messages.audio}`;
    case 'video':
      return `🎬 ${t.messages.video}`;
    default: {
      const text = typeof content.text === 'string' ? plainText(content.text) : '';
      if (text !== '') return text;
      return message.status === 'streaming' ? t.streams.thinking : '';
    }
  }
}
