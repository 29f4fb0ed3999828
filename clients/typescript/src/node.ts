/**
 * `@aiim/client/node`: what only Node.js can do.
 * @packageDocumentation
 */

import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyValueStorage } from './storage.js';

interface Entry {
  readonly key: string;
  readonly value: string;
}

/** One small file per entry in one directory; an entry is on disk when `set` resolves. For one process at a time. */
export class FileStorage implements KeyValueStorage {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly directory: string) {}

  get(key: string): Promise<string | null> {
    return this.inOrder(async () => {
      try {
        return (await this.read(this.nameOf(key))).value;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    });
  }

  set(key: string, value: string): Promise<void> {
    return this.inOrder(async () => {
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      const path = join(this.directory, this.nameOf(key));
      const file = await open(`${path}.new`, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ key, value } satisfies Entry), 'utf8');
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    });
  }

  delete(key: string): Promise<void> {
    return this.inOrder(() => rm(join(this.directory, this.nameOf(key)), { force: true }));
  }

  keys(prefix: string): Promise<string[]> {
    return this.inOrder(async () => {
      const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      const found: string[] = [];
      for (const name of names) {
        if (!name.endsWith('.json')) continue;
        const { key } = await this.read(name);
        if (key.startsWith(prefix)) found.push(key);
      }
      return found;
    });
  }

  private async read(name: string): Promise<Entry> {
    return JSON.parse(await readFile(join(this.directory, name), 'utf8')) as Entry;
  }

  /** Keys may hold what file names cannot, and be longer. */
  private nameOf(key: string): string {
    return `${createHash('sha256').update(key).digest('hex')}.json`;
  }

  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }
}
