import { expect, log, names, password, test } from './world.js';

test('the keyboard alone signs in, finds a conversation, writes, corrects and answers', async ({ world }) => {
  await world.register('alice', 'bob');
  const { conversation_id: id } = await world.api('alice').createConversation({ type: 'direct', member_ids: ['bob'] });
  const page = await world.page();
  const keys = page.keyboard;
  const tabTo = async (what: (text: string) => boolean): Promise<void> => {
    for (let n = 0; n < 60; n++) {
      const focused = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        if (element === document.body) return ''; // nothing has the focus; its text is everybody's
        return `${element?.getAttribute('aria-label') ?? ''} ${element?.id ?? ''} ${element?.getAttribute('name') ?? ''} ${element?.textContent ?? ''}`;
      });
      if (what(focused)) return;
      await keys.press('Tab');
    }
    throw new Error('it cannot be reached by Tab');
  };
  await tabTo((text) => /username/i.test(text));
  await keys.type('alice');
  await keys.press('Tab');
  await keys.type(password);
  await keys.press('Enter');
  await expect(page.getByRole('navigation')).toBeVisible();
  await expect(page.getByRole('navigation').getByText(names.bob!)).toBeVisible();
  await tabTo((text) => text.includes(names.bob!));
  await keys.press('Enter');
  await expect(page.locator('#composer')).toBeFocused();
  await keys.type('Written by keyboard');
  await keys.press('Enter');
  await expect(log(page).getByText('Written by keyboard')).toBeVisible();
  await keys.press('ArrowUp');
  await keys.press('End');
  await keys.type(' alone');
  await keys.press('Enter');
  await expect(log(page).getByText('Written by keyboard alone')).toBeVisible();
  await world.api('bob').sendMessage({ conversation_id: id, type: 'text', content: { text: 'And read by ear?' } });
  await expect(log(page).getByText('And read by ear?')).toBeVisible();
  await keys.press('Tab'); // out of the field, where a question mark is a character
  await keys.press('Shift+Slash');
  await expect(page.getByRole('dialog')).toBeVisible();
  await keys.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
