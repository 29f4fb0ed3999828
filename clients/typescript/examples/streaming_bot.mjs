// A bot that answers every message by a stream, word by word, and stops when somebody cancels it.
//   npm run build && AIIM_API_KEY=… node examples/streaming_bot.mjs http://127.0.0.1:8083
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { AiimClient, AiimError } from '@aiim/client';
import { FileStorage } from '@aiim/client/node';

const apiKey = process.env.AIIM_API_KEY;
if (!apiKey) {
  console.error('AIIM_API_KEY is not set: `aiim apikey create USER` makes a key.');
  process.exit(2);
}
const client = new AiimClient({
  url: process.argv[2] ?? 'http://127.0.0.1:8083',
  apiKey,
  WebSocket,
  storage: new FileStorage('.bot'),
  onWarning: (message) => console.warn(message),
});

/** @param {import('@aiim/client').Message} message */
async function answer(message) {
  const words = `You said: ${message.content.text ?? 'nothing'}. Let me repeat that more slowly.`.split(' ');
  // The same id for the same question: a restart in the middle begins no second answer.
  const stream = await client
    .conversation(message.conversation_id)
    .startStream({ replyTo: message.message_id, clientMsgId: `answer-${message.message_id}` });
  if (stream.resumedAt > 0) {
    await stream.end({ status: 'error', finish_reason: 'restarted' }); // what was said stays
    return;
  }
  await stream.append({ op: 'status', text: 'thinking' });
  for (const word of words) {
    await sleep(100, undefined, { signal: stream.signal });
    await stream.write(`${word} `);
  }
  await stream.end({ finish_reason: 'stop' });
}

/** @param {import('@aiim/client').ClientEvents['incoming']} question */
function consider({ message, conversation, mentioned }) {
  if (message.type === 'ai' || (conversation.type === 'group' && !mentioned)) return;
  answer(message)
    .then(() => client.conversation(message.conversation_id).markRead(message.seq))
    .catch((error) => {
      if (error instanceof AiimError) console.error(`${error.code}: ${error.message}`);
      else if (error.name !== 'AbortError') throw error; // an AbortError: somebody stopped the answer
    });
}

client.on('incoming', consider);

client.start();
try {
  await client.ready();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
client.on('signed.out', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
console.log(`answering as ${client.me.userId}`);

// What came before is history: what is unread of it has no answer yet.
for (const { conversation, unreadCount } of client.conversations.getSnapshot().items) {
  if (unreadCount === 0) continue;
  const { userId } = client.me;
  const own = conversation.members.find((member) => member.user_id === userId);
  const page = await client.api.listMessages(conversation.conversation_id, { after_seq: own?.read_seq ?? 0 });
  for (const message of page.messages) {
    const mentioned = message.content.mentions?.includes(userId ?? '') ?? false;
    if (message.sender_id !== userId) consider({ message, conversation, mentioned, missed: true });
  }
}
