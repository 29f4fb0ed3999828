/**
 * What every browser test starts from: a real server on a directory of its own, accounts on it, and people who use the
 * page. A page that logs an error, breaks its Content-Security-Policy or puts a token into an address fails its test.
 */
import { expect, test as base, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import WebSocket from 'ws';
import { AiimClient, type RestApi } from '../../clients/typescript/src/index.js';
import { RealServer } from '../../clients/typescript/test/real_server.js';

export { expect };
export const password = 'a passphrase of the tests';
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export const names: Record<string, string> = { alice: 'Alice Liddell', bob: 'Bob Shen 沈', carol: 'Carol Danvers' };

export class World {
  private readonly clients: AiimClient[] = [];
  readonly complaints: string[] = [];
  /** What a browser says by itself when a test takes the server away. */
  tolerated: RegExp[] = [/net::ERR_/, /WebSocket connection to .* failed/, /Failed to load resource/];

  constructor(
    readonly server: RealServer,
    private readonly browser: Browser,
  ) {}

  async register(...userIds: string[]): Promise<void> {
    for (const username of userIds) {
      const reply = await fetch(`${this.server.url}/api/aiim/auth/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ username, password, display_name: names[username] ?? username }),
      });
      if (!reply.ok) throw new Error(`registering ${username}: ${reply.status} ${await reply.text()}`);
    }
  }

  /** Somebody's REST calls, made beside the browser. */
  api(userId: string): RestApi {
    return this.client(userId).api;
  }

  /** A client of the SDK beside the browser; `service` is a bot. Not started. */
  client(userId: string): AiimClient {
    const who = userId === 'service' ? { apiKey: this.server.apiKey } : { token: async () => this.server.token(userId) };
    const client = new AiimClient({ url: this.server.url, WebSocket, ...who });
    this.clients.push(client);
    return client;
  }

  /** A browser of its own, not signed in. */
  async page(options: BrowserContextOptions = {}, url = this.server.url): Promise<Page> {
    const context = await this.browser.newContext({ ...base.info().project.use, ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') this.complain(`console: ${message.text()}`);
      if (/eyJ[\w-]+\.eyJ/.test(message.text())) this.complaints.push(`a token in the console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complain(`error: ${error.stack ?? error.message}`));
    page.on('request', (request) => this.look(request.url(), url));
    page.on('websocket', (socket) => this.look(socket.url(), url));
    await page.goto(url);
    return page;
  }

  /** A browser of its own in which somebody signed in with name and password. */
  async signIn(userId: string, options: BrowserContextOptions = {}, url = this.server.url): Promise<Page> {
    const page = await this.page(options, url);
    const chinese = options.locale === 'zh-CN';
    await page.getByLabel(chinese ? '用户名' : 'User name').fill(userId);
    await page.getByLabel(chinese ? '密码' : 'Password').fill(password);
    await page.getByRole('button', { name: chinese ? '登录' : 'Sign in', exact: true }).click();
    await expect(page.getByRole('navigation', { name: chinese ? '会话' : 'Conversations' })).toBeVisible();
    return page;
  }

  async end(): Promise<void> {
    for (const client of this.clients) await client.close();
    for (const context of this.browser.contexts()) await context.close();
    await this.server.end();
  }

  private complain(text: string): void {
    if (!this.tolerated.some((each) => each.test(text))) this.complaints.push(text);
  }

  private look(address: string, home: string): void {
    if (/token=|eyJ[\w-]+\.eyJ/.test(address)) this.complaints.push(`a token in an address: ${address}`);
    const foreign = !address.startsWith(home) && !address.startsWith(home.replace('http', 'ws'));
    if (foreign && !/^(data|blob):/.test(address) && !address.includes('//images.test/')) this.complaints.push(`fetched from elsewhere: ${address}`);
  }
}

export const test = base.extend<{ world: World }>({
  world: async ({ browser }, use) => {
    const world = new World(await RealServer.start(), browser);
    await use(world);
    await world.end();
    expect(world.complaints, 'errors of the page, tokens in addresses, foreign addresses').toEqual([]);
  },
});

/** The conversation that a row of the list shows, opened. */
export async function open(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation').getByText(title, { exact: true }).first().click();
  await expect(composer(page)).toBeVisible();
}

export const composer = (page: Page) => page.locator('#composer');
export const log = (page: Page) => page.getByRole('log');
/** A message with what stands beside it: its ticks, actions and reactions. */
export const row = (page: Page, text: string) => log(page).locator('[data-message]').filter({ hasText: text });

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}
