import { expect, log, open, test } from './world.js';

test('an answer streams to two people, one of them stops it, and both see where it ended', async ({ world }) => {
  await world.register('alice', 'bob');
  const { conversation_id: id } = await world.api('alice').createConversation({ type: 'group', name: 'Oracle', member_ids: ['bob', 'service'] });
  const alice = await world.signIn('alice');
  const bob = await world.signIn('bob');
  for (const page of [alice, bob]) await open(page, 'Oracle');
  const bot = world.client('service');
  bot.start();
  await bot.ready();
  const writer = await bot.conversation(id).startStream();
  await writer.append({ op: 'reasoning', delta: 'They ask for the answer. ' });
  await writer.append({ op: 'tool_call', call_id: 'c1', name: 'deep_thought', arguments: { years: 7_500_000 } });
  await writer.append({ op: 'tool_result', call_id: 'c1', result: { answer: 42 }, is_error: false });
  let written = 0;
  let stopped = false;
  const work = (async () => {
    while (!stopped && written < 400) {
      await writer.write(`第${++written}句:答案是四十二。 `);
      await new Promise((done) => setTimeout(done, 50));
    }
  })().catch(() => (stopped = true));
  for (const page of [alice, bob]) {
    await expect(log(page).getByText(/第3句/)).toBeVisible();
    await expect(log(page).getByText('deep_thought').first()).toBeVisible();
  }
  await bob.getByRole('button', { name: /^Stop/ }).first().click();
  for (const page of [alice, bob]) await expect(page.getByRole('button', { name: /^Stop/ })).toHaveCount(0);
  await work;
  const message = (await world.api('alice').listMessages(id)).messages.at(-1)!;
  const content = message.content as { text: string; outcome: string };
  expect(message.status).toBe('sent');
  expect(content.outcome).toBe('cancelled');
  const last = content.text.match(/第(\d+)句/g)!.at(-1)!;
  for (const page of [alice, bob]) {
    await expect(log(page).getByText(last)).toBeVisible();
    await expect(log(page).getByText(/[Ss]topped/).first()).toBeVisible();
  }
});
