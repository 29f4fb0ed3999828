import { composer, expect, log, open, phone, row, say, test } from './world.js';

test('two people talk, and a third joins on a phone; every change shows on all screens', async ({ world }) => {
  await world.register('alice', 'bob', 'carol');
  const { conversation_id: id } = await world.api('alice').createConversation({ type: 'group', name: 'Tea party', member_ids: ['bob'] });
  const alice = await world.signIn('alice');
  const bob = await world.signIn('bob');
  await open(alice, 'Tea party');
  await say(alice, 'Is anybody there?');
  const question = row(alice, 'Is anybody there?');
  await expect(question.getByLabel('Delivered')).toBeVisible();  // Bob's list is open, the conversation is not
  await expect(bob.getByRole('link', { name: /1 unread message/ })).toBeVisible();

  await open(bob, 'Tea party');
  await expect(log(bob).getByText('Is anybody there?')).toBeVisible();
  await expect(question.getByLabel('Read')).toBeVisible();
  await expect(bob.getByRole('link', { name: /1 unread message/ })).toHaveCount(0);

  await composer(bob).pressSequentially('Only ', { delay: 20 });
  await expect(alice.getByText(/Bob Shen 沈 is typing|typing…/).first()).toBeVisible();
  await composer(bob).pressSequentially('the Hatter.', { delay: 5 });
  await composer(bob).press('Enter');
  await expect(log(alice).getByText('Only the Hatter.')).toBeVisible();

  await world.api('alice').addMembers(id, ['carol']);
  const carol = await world.signIn('carol', phone);
  await open(carol, 'Tea party');
  await expect(log(carol).getByText('Only the Hatter.')).toBeVisible();

  const answer = (page: typeof alice) => row(page, 'Hatter');
  await answer(alice).hover();
  await answer(alice).getByRole('button', { name: 'React' }).click();
  await alice.getByRole('button', { name: '👍' }).first().click();
  for (const page of [alice, bob, carol]) await expect(answer(page).getByRole('button', { name: /👍/ })).toBeVisible();

  await composer(bob).press('ArrowUp');
  await composer(bob).fill('Only the Hatter and the Hare.');
  await composer(bob).press('Enter');
  for (const page of [alice, bob, carol]) {
    await expect(log(page).getByText('Only the Hatter and the Hare.')).toBeVisible();
    await expect(answer(page).getByText('edited')).toBeVisible();
  }

  await question.hover();
  await question.getByRole('button', { name: 'Message actions' }).click();
  await alice.getByRole('menuitem', { name: 'Recall' }).click();
  await alice.getByRole('button', { name: 'Recall' }).click();
  for (const page of [bob, carol]) await expect(log(page).getByText('Message recalled')).toBeVisible();
  await expect(log(alice).getByText('You recalled a message')).toBeVisible();

  await composer(carol).fill('May I sit down?'); // on a phone, Enter begins a new line
  await carol.getByRole('button', { name: 'Send', exact: true }).tap();
  for (const page of [alice, bob]) await expect(log(page).getByText('May I sit down?')).toBeVisible();
});

for (const [locale, words] of [['en-US', 'This is too long to be sent.'], ['zh-CN', '内容过长，无法发送。']] as const) {
  test(`a text that is too long is refused with a reason and stays in the field (${locale})`, async ({ world }) => {
    await world.register('alice', 'bob');
    await world.api('alice').createConversation({ type: 'group', name: 'Tea party', member_ids: ['bob'] });
    const page = await world.signIn('alice', { locale });
    await open(page, 'Tea party');
    const huge = 'x'.repeat(300_000);
    await say(page, huge);
    await expect(page.getByText(words)).toBeVisible();
    await expect(composer(page)).toHaveValue(huge);
    await say(page, 'short');
    await expect(log(page).getByText('short')).toBeVisible();

    await composer(page).press('ArrowUp');
    await expect(composer(page)).toHaveValue('short');
    await say(page, huge);
    await expect(composer(page)).toHaveValue(huge);
    await say(page, 'shortened');
    await expect(log(page).getByText('shortened')).toBeVisible();
    await expect(row(page, 'shortened')).toHaveCount(1);
    await expect(log(page).locator('[data-message]')).toHaveCount(1);
  });
}
