/** Conversations that are hard to show: long words, right to left, many emoji, none and ten thousand messages. */
import type { World } from './world.js';

export const hardTexts = [
  'Plain and short.',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(3),
  'https://example.org/a/very/long/address/that/does/not/want/to/break?and=has&a=query&that=goes&on=and&on=forever#and-a-fragment',
  'مرحبا بكم جميعا في حفلة الشاي، هل من أحد هنا؟',
  'שלום לכולם, האם יש כאן מישהו? Mixed with English, and 123.',
  '👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇨🇳🎉❤️‍🔥',
  '😂'.repeat(60),
  '山高月小,水落石出。曾日月之几何,而江山不可复识矣。'.repeat(6),
  'First line\nSecond line\n\nA line after an empty one.',
  '# A heading\n\n- one\n- two\n  - nested\n\n> a quotation\n\n| left | right |\n| --- | ---: |\n| a | 1 |\n| b | 22 |\n\nand `code`, **bold**, ~~gone~~, [a link](https://example.org)',
  '```python\ndef greet(name: str) -> str:\n    """A long line that has to scroll sideways instead of breaking the bubble, whatever happens to it."""\n    return f"Hello, {name}!"\n```',
  '<script>alert(1)</script> <b>not bold</b> &amp; <img src=x onerror=alert(1)>',
];

export const longName = 'Wolfeschlegelsteinhausenbergerdorff the Extraordinarily Long Named, Jr.';

/** Many messages, several at a time; their order among each other does not matter. */
export async function fill(world: World, conversationId: string, count: number, writers: readonly string[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const writer = writers[n % writers.length]!;
      await world.api(writer).sendMessage({
        conversation_id: conversationId,
        type: 'text',
        content: { text: `${n}: ${n % 7 === 0 ? hardTexts[n % 4] : 'a line like any other'}` },
      });
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
}

/** Everything that the screens show, as Alice sees it. Returns the conversations' ids. */
export async function hardWorld(world: World): Promise<{ readonly busy: string; readonly empty: string; readonly bot: string }> {
  await world.register('alice', 'bob', 'carol');
  const alice = world.api('alice');
  const bob = world.api('bob');
  await world.api('dora').updateMe({ display_name: longName });
  const create = async (name: string, members: string[]) =>
    (await alice.createConversation({ type: 'group', name, member_ids: members })).conversation_id;
  const send = (api: typeof alice, conversation_id: string, content: object, more: object = {}) =>
    api.sendMessage({ conversation_id, type: 'text', content, ...more } as never);
  const empty = await create('An empty room', ['bob']);
  const bot = await create('Ask the oracle', ['bob', 'service']);
  await answer(world, bot);
  await create('مجموعة الأصدقاء القدامى', ['carol']);
  await create(`The group whose name is ${longName}`, ['bob', 'dora']);
  for (let n = 0; n < 12; n++) await send(world.api(`guest${n}`), (await world.api(`guest${n}`).createConversation({ type: 'direct', member_ids: ['alice'] })).conversation_id, { text: `Hello from guest ${n} 👋` });
  const direct = (await bob.createConversation({ type: 'direct', member_ids: ['alice'] })).conversation_id;
  await send(bob, direct, { text: 'Are you there?' });
  const busy = await create('Tea party', ['bob', 'carol', 'dora']);
  let last = '';
  for (const [n, text] of hardTexts.entries()) {
    const reply = last !== '' && n % 4 === 3 ? { reply_to: last } : {};
    last = (await send([alice, bob, world.api('dora')][n % 3]!, busy, { text }, reply)).message.message_id;
    if (n % 3 === 0) for (const emoji of ['👍', '🎉', '❤️', '😂', '🚀', '👀']) await bob.addReaction(busy, last, emoji);
  }
  const gone = await send(bob, busy, { text: 'I did not say this' });
  await bob.recallMessage(busy, gone.message.message_id);
  const changed = await send(alice, busy, { text: 'A typo' });
  await alice.editMessage(busy, changed.message.message_id, { text: 'Without the typo, @carol' });
  await send(bob, busy, { url: 'http://images.test/missing.png', caption: 'An image that is not there' }, { type: 'image' });
  await send(bob, busy, { url: 'https://example.org/report.pdf', filename: 'A report with a very long name, final version (3) really final.pdf', file_size: 123_456_789 }, { type: 'file' });
  await send(world.api('carol'), busy, { text: '@alice have you seen this?', mentions: ['alice'] });
  await alice.updateConversation(busy, { pinned: true });
  return { busy, empty, bot };
}

async function answer(world: World, conversationId: string): Promise<void> {
  const bot = world.client('service');
  bot.start();
  await bot.ready();
  const writer = await bot.conversation(conversationId).startStream();
  await writer.append({ op: 'reasoning', delta: 'They want the answer to everything. Six by nine? No: six by seven.' });
  await writer.append({ op: 'tool_call', call_id: 'c1', name: 'calculator', arguments: { expression: '6 * 7' } });
  await writer.append({ op: 'tool_result', call_id: 'c1', result: { value: 42 }, is_error: false });
  await writer.write('The answer is **42**.\n\n```js\nconsole.log(6 * 7);\n```\n\n答案是四十二。');
  await writer.end();
}
