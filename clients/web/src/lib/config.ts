/** What the server says of itself before anybody is signed in (`/config.json`). */

export interface DemoUser {
  readonly user_id: string;
  readonly display_name: string;
  readonly password: string;
}

export interface ServerConfig {
  readonly version: string;
  /** Whether people may make their own accounts. */
  readonly registration: boolean;
  /** Who may be tried out; empty except on a demo server. */
  readonly demo_users: readonly DemoUser[];
}

const plain: ServerConfig = { version: '', registration: false, demo_users: [] };

export async function readConfig(): Promise<ServerConfig> {
  try {
    const reply = await fetch('/config.json', { cache: 'no-store' });
    return reply.ok ? { ...plain, ...((await reply.json()) as Partial<ServerConfig>) } : plain;
  } catch {
    return plain;
  }
}
