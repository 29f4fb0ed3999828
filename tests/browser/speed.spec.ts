import { fill } from './content.js';
import { composer, expect, log, open, test } from './world.js';

test('with 10,000 messages loaded, few rows are in the page and a keystroke draws only the composer', async ({ world }) => {
  test.setTimeout(180_000);
  await world.register('alice', 'bob');
  const { conversation_id: id } = await world.api('alice').createConversation({ type: 'direct', member_ids: ['bob'] });
  await fill(world, id, 10_000, ['alice']);
  const page = await world.signIn('alice');
  await open(page, 'Bob Shen 沈');
  const rows = () => log(page).locator('[data-seq]');
  await expect(rows().last()).toHaveAttribute('data-seq', '10000');
  const first = async () => Number(await rows().first().getAttribute('data-seq'));
  for (let loaded = 10_000; loaded > 1; loaded = await first()) {
    await log(page).evaluate((element) => (element.scrollTop = 0));
    await expect.poll(first, { timeout: 20_000 }).toBeLessThan(loaded);
    expect(await rows().count(), 'rows in the page').toBeLessThan(120);
  }
  await log(page).evaluate((element) => (element.scrollTop = element.scrollHeight));
  await expect(rows().last()).toHaveAttribute('data-seq', '10000');

  await page.waitForTimeout(1_000); // scrolling comes to rest
  await page.evaluate(() => {
    const list = document.querySelector('[data-message-list]')!;
    const seen = { mutations: 0, echo: [] as number[] };
    new MutationObserver((records) => (seen.mutations += records.length)).observe(list, {
      subtree: true, childList: true, attributes: true, characterData: true,
    });
    const field = document.querySelector<HTMLTextAreaElement>('#composer')!;
    field.addEventListener('keydown', () => {
      const from = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => seen.echo.push(performance.now() - from)));
    });
    Object.assign(window, { seen });
  });
  await composer(page).pressSequentially('The quick brown fox jumps over the lazy dog.', { delay: 30 });
  const seen = await page.evaluate(() => (window as unknown as { seen: { mutations: number; echo: number[] } }).seen);
  expect(seen.mutations, 'changes in the list while typing').toBe(0);
  const sorted = seen.echo.sort((a, b) => a - b);
  const figure = `keystroke to painted echo over 10,000 messages: p50 ${sorted[22]?.toFixed(1)} ms, max ${sorted.at(-1)?.toFixed(1)} ms`;
  test.info().annotations.push({ type: 'figure', description: figure });
  console.log(figure);
});
