/**
 * Screenshots of every screen, in both themes, on a desktop and on a phone, with content that is hard to show; written to
 * build/screens for somebody to look at. Each screen is also checked by axe: nothing serious may be wrong.
 */
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContextOptions, Page } from '@playwright/test';
import { hardWorld } from './content.js';
import { composer, expect, log, phone, test } from './world.js';

const folder = '../../build/screens';
const sizes: Record<string, BrowserContextOptions> = { desktop: {}, phone };

async function look(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(350); // what is in motion comes to rest
  await page.screenshot({ path: `${folder}/${name}.png` });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect
    .soft(serious.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`))
    .toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(wide, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

for (const [size, options] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`every screen, ${size}, ${colorScheme}`, async ({ world }) => {
      test.setTimeout(180_000);
      const name = (screen: string) => `${size}-${colorScheme}-${screen}`;
      const ids = await hardWorld(world);
      const stranger = await world.page({ ...options, colorScheme });
      await look(stranger, name('login'));
      await stranger.getByLabel('User name').fill('alice');
      await stranger.getByLabel('Password').fill('wrong');
      await stranger.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(stranger.getByRole('alert')).toBeVisible();
      await look(stranger, name('login-refused'));
      await stranger.context().close();

      const page = await world.signIn('alice', { ...options, colorScheme });
      await look(page, name('list'));
      await page.goto(`${world.server.url}/c/${ids.busy}`);
      await expect(log(page)).toBeVisible();
      await look(page, name('unread'));
      await log(page).evaluate((element) => (element.scrollTop = 0));
      await look(page, name('hard-content'));
      await log(page).evaluate((element) => (element.scrollTop = element.scrollHeight));
      await look(page, name('hard-content-end'));
      await composer(page).fill('@');
      await composer(page).press('End');
      await look(page, name('mentions'));
      await composer(page).fill('A draft of several lines\n'.repeat(9));
      await look(page, name('long-draft'));
      await composer(page).fill('');
      await log(page).getByRole('article').last().click({ button: 'right' });
      await look(page, name('message-menu'));
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Emoji', exact: true }).click();
      await look(page, name('emoji'));
      await page.keyboard.press('Escape');
      await page.goto(`${world.server.url}/c/${ids.empty}`);
      await expect(composer(page)).toBeVisible();
      await look(page, name('empty'));
      await page.goto(`${world.server.url}/c/${ids.bot}`);
      await expect(log(page)).toBeVisible();
      await look(page, name('answer'));
      await page.goto(`${world.server.url}/c/conv_missing`);
      await look(page, name('missing'));
      await page.goto(`${world.server.url}/c/${ids.busy}`);
      await page.getByRole('button', { name: 'Details', exact: true }).click();
      await expect(page.getByRole('list', { name: 'Members' })).toBeVisible();
      await look(page, name('members'));
      await page.goto(world.server.url);
      await page.getByRole('button', { name: 'New conversation' }).click();
      await page.getByRole('dialog').getByRole('searchbox').or(page.getByRole('dialog').getByRole('textbox')).first().fill('gu');
      await expect(page.getByRole('dialog').getByText('guest1', { exact: true }).first()).toBeVisible();
      await look(page, name('new-conversation'));
      await page.keyboard.press('Escape');
      await page.goto(`${world.server.url}/settings`);
      await expect(page.getByRole('main')).toBeVisible();
      await look(page, name('settings'));
      await page.locator('body').press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      await look(page, name('shortcuts'));
    });
  }
}
