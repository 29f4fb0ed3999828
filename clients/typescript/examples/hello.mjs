// Two people talk, from Node.js. Needs a running server with local accounts, such as that of `make run` in the
// repository's root.
//   npm run build && node examples/hello.mjs http://127.0.0.1:8083
import WebSocket from 'ws';
import { AiimClient, AuthSession } from '@aiim/client';

const [url = 'http://127.0.0.1:8083', alicesPassword = 'wonderland', bobsPassword = 'waterloo'] = process.argv.slice(2);

/** @param {string} name @param {string} password */
async function signIn(name, password) {
  const session = new AuthSession({ url });
  await session.login(name, password);
  const client = new AiimClient({ url, token: session.token, WebSocket });
  client.start();
  await client.ready();
  return client;
}

const alice = await signIn('alice', alicesPassword);
const bob = await signIn('bob', bobsPassword);

bob.on('incoming', ({ message }) => {
  console.log(`${message.sender_id}: ${message.content.text}`);
  const conversation = bob.conversation(message.conversation_id);
  conversation.markRead();
  conversation.send('Hello, Alice!');
});
const answered = new Promise((resolve) => alice.on('incoming', resolve));

const conversation = await alice.conversations.direct('bob');
const sent = await conversation.sendAndWait('Hello, Bob!');
console.log(`durable on the server, as number ${sent.seq}`);
const { message } = await answered;
console.log(`${message.sender_id}: ${message.content.text}`);

await Promise.all([alice.close(), bob.close()]);
