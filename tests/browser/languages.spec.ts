import { composer, expect, log, test } from './world.js';

test('the page speaks the language of the browser, and another when asked', async ({ world }) => {
  await world.register('alice', 'bob');
  await world.api('alice').createConversation({ type: 'direct', member_ids: ['bob'] });
  const alice = await world.signIn('alice', { locale: 'zh-CN' });
  await expect(alice.locator('html')).toHaveAttribute('lang', /^zh/);
  await alice.getByRole('navigation').getByText('Bob Shen 沈').first().click();
  const box = composer(alice);
  await box.fill('你好');
  await box.press('Enter');
  await expect(alice.getByRole('log').getByText('你好')).toBeVisible();
  await expect(alice.getByRole('button', { name: 'Send', exact: true })).toHaveCount(0);

  const bob = await world.signIn('bob');
  await bob.getByRole('navigation').getByText('Alice Liddell').first().click();
  await expect(log(bob).getByText('你好')).toBeVisible();
  await expect(composer(bob)).toBeVisible();
});

test('an input method may use Enter without sending', async ({ world }) => {
  await world.register('alice', 'bob');
  const { conversation_id: id } = await world.api('alice').createConversation({ type: 'direct', member_ids: ['bob'] });
  const alice = await world.signIn('alice');
  await alice.getByRole('navigation').getByText('Bob Shen 沈').first().click();
  await composer(alice).focus();
  const keys = await alice.context().newCDPSession(alice);
  await keys.send('Input.imeSetComposition', { text: 'ni hao', selectionStart: 6, selectionEnd: 6 });
  await keys.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 });
  await keys.send('Input.insertText', { text: '你好' });
  await expect(composer(alice)).toHaveValue('你好');
  expect((await world.api('bob').listMessages(id)).messages).toHaveLength(0);
  await composer(alice).press('Enter');
  await expect(log(alice).getByText('你好')).toBeVisible();
});
