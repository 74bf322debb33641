import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database, openWritable } from '../sqlite/index.ts';
import { createTables, INDEXES } from '../store/index.ts';
import { StoreReader } from './store-reader.ts';
import { keepWarm, warmUp } from './warm-up.ts';

let folder: string;
let file: string;
let statements: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'chatstats-warm-'));
  file = path.join(folder, 'store.db');
  statements = [];
});
afterEach(() => {
  Database.watch(null);
  rmSync(folder, { recursive: true });
});

function makeStore(): void {
  using db = openWritable(file);
  createTables(db);
  for (const statement of INDEXES) db.exec(statement);
}

it('asks for every list, more than once', async () => {
  makeStore();
  using reader = new StoreReader(file);
  Database.watch((sql) => void statements.push(sql));
  await warmUp(reader, new AbortController().signal, 0);
  for (const table of ['chats', 'messages', 'conversations', 'contacts', 'events', 'quarantine']) {
    expect(statements.filter((sql) => sql.includes(`FROM ${table}`)).length).toBeGreaterThan(10);
  }
});

it('asks for nothing where there is no store, and when it is over', async () => {
  using reader = new StoreReader(file);
  Database.watch((sql) => void statements.push(sql));
  await warmUp(reader, new AbortController().signal, 0);
  Database.watch(null);
  makeStore();
  Database.watch((sql) => void statements.push(sql));
  await warmUp(reader, AbortSignal.abort(), 0);
  await keepWarm(reader)[Symbol.asyncDispose]();
  expect(statements).toEqual([]);
});

it('begins when a store has come, and ends with who began it', async () => {
  using reader = new StoreReader(file);
  reader.read(() => undefined);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  await using _warm = keepWarm(reader);
  makeStore();
  Database.watch((sql) => sql.includes('FROM conversations') && resolve());
  reader.read(() => undefined);
  await asked;
});

it('is silent about a store that cannot be read', async () => {
  using _text = openWritable(file);
  using reader = new StoreReader(file);
  await expect(warmUp(reader, new AbortController().signal, 0)).resolves.toBeUndefined();
});
