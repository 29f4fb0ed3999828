const key = 'aiim.emoji';
const recentMax = 24;
const atFirst = ['👍', '❤️', '😂', '🎉', '🙏', '😊', '🔥', '👀'];

export function recentEmoji(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    const list = Array.isArray(stored) ? stored.filter((each) => typeof each === 'string') : [];
    return [...new Set([...list, ...atFirst])].slice(0, recentMax);
  } catch {
    return atFirst;
  }
}

export function noteRecent(emoji: string): void {
  localStorage.setItem(
    key,
    JSON.stringify([emoji, ...recentEmoji().filter((each) => each !== emoji)].slice(0, recentMax)),
  );
}
