/** Where the client keeps what must survive a reload. One small interface; pick or write an implementation. */

/** Strings by key. Calls on one key take effect in the order they were made. */
export interface KeyValueStorage {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** All keys that begin with `prefix`, in any order. */
  keys(prefix: string): Promise<string[]>;
}

/** Survives nothing; for bots and tests. */
export class MemoryStorage implements KeyValueStorage {
  private readonly entries = new Map<string, string>();

  get(key: string): Promise<string | null> {
    return Promise.resolve(this.entries.get(key) ?? null);
  }

  set(key: string, value: string): Promise<void> {
    this.entries.set(key, value);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.entries.delete(key);
    return Promise.resolve();
  }

  keys(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.entries.keys()].filter((key) => key.startsWith(prefix)));
  }
}

/** The browser's `localStorage`: simple, synchronous, about 5 MB. */
export class LocalStorage implements KeyValueStorage {
  constructor(private readonly storage: Storage = globalThis.localStorage) {}

  async get(key: string): Promise<string | null> {
    return this.storage.getItem(key);
  }

  async set(key: string, value: string): Promise<void> {
    this.storage.setItem(key, value);
  }

  async delete(key: string): Promise<void> {
    this.storage.removeItem(key);
  }

  async keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for (let i = 0; i < this.storage.length; i++) {
      const key = this.storage.key(i);
      if (key?.startsWith(prefix)) found.push(key);
    }
    return found;
  }
}

/** The browser's IndexedDB: one database with one object store. */
export class IndexedDbStorage implements KeyValueStorage {
  private database: Promise<IDBDatabase> | null = null;

  constructor(
    private readonly name = 'aiim',
    private readonly factory: IDBFactory = globalThis.indexedDB,
  ) {}

  async get(key: string): Promise<string | null> {
    const value: unknown = await this.run('readonly', (store) => store.get(key));
    return typeof value === 'string' ? value : null;
  }

  async set(key: string, value: string): Promise<void> {
    await this.run('readwrite', (store) => store.put(value, key));
  }

  async delete(key: string): Promise<void> {
    await this.run('readwrite', (store) => store.delete(key));
  }

  async keys(prefix: string): Promise<string[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const keys = await this.run('readonly', (store) => store.getAllKeys(range));
    return keys.map(String);
  }

  private async run<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await this.open();
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction('entries', mode, { durability: 'strict' });
      const request = use(transaction.objectStore('entries'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }

  private open(): Promise<IDBDatabase> {
    this.database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.factory.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore('entries');
      request.onsuccess = () => {
        const database = request.result;
        // Another tab upgrades, or the browser drops it: open again with the next call.
        database.onclose = () => (this.database = null);
        database.onversionchange = () => {
          this.database = null;
          database.close();
        };
        resolve(database);
      };
      request.onerror = () => reject(request.error);
    }).catch((error: unknown) => {
      this.database = null;
      throw error;
    });
    return this.database;
  }
}

/** What survives best where this runs: IndexedDB, else memory. */
export function defaultStorage(): KeyValueStorage {
  return typeof indexedDB === 'undefined' ? new MemoryStorage() : new IndexedDbStorage();
}
