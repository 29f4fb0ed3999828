// Two people talk, from Node.js. Needs a running server: `make run` in the repository's root.
//   npx tsx examples/hello.ts http://127.0.0.1:8083
import WebSocket from 'ws';
import { AiimClient, AuthSession } from '@aiim/client';

const url = process.argv[2] ?? 'http://127.0.0.1:8083';

async function signIn(name: string): Promise<AiimClient> {
  const session = new AuthSession({ url });
  await session.login(name, process.env[`${name.toUpperCase()}_PASSWORD`] ?? name);
  const client = new AiimClient({ url, token: session.token, WebSocket });
  client.start();
  await client.ready();
  return client;
}

const alice = await signIn('alice');
const bob = await signIn('bob');

bob.on('incoming', ({ message }) => {
  console.log(`${message.sender_id}: ${message.content.text}`);
  bob.conversation(message.conversation_id).send('Hello, Alice!');
  bob.conversation(message.conversation_id).markRead();
});

const conversation = await alice.conversations.direct('bob');
const sent = await conversation.sendAndWait('Hello, Bob!');
console.log(`on the server as number ${sent.seq}`);
await new Promise<void>((resolve) => alice.on('incoming', ({ message }) => (console.log(`${message.sender_id}: ${message.content.text}`), resolve())));

await Promise.all([alice.close(), bob.close()]);
