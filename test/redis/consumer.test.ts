import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { pause } from '../../src/kernel/index.ts';
import type { StoredEvent } from '../../src/model/index.ts';
import { projectRoot } from '../project-files.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { eventually, RelayScene } from './relay-scene.ts';
import { ownRedis } from './server.ts';

/** examples/redis-consumer.ts, running; what it printed over all its lives. */
class Consumer implements AsyncDisposable {
  readonly #args: string[];
  readonly handled: StoredEvent[] = [];
  stderr = '';
  #rest = '';
  #child: ChildProcess;

  constructor(...args: string[]) {
    this.#args = args;
    this.#child = this.#start();
  }

  get ids(): number[] {
    return this.handled.map(({ id }) => id);
  }

  #start(): ChildProcess {
    const program = path.join(projectRoot, 'examples', 'redis-consumer.ts');
    const options = ['--disable-warning=ExperimentalWarning', program, ...this.#args];
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.handled.push(JSON.parse(line) as StoredEvent);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    return child;
  }

  async kill(): Promise<void> {
    const over = new Promise((resolve) => this.#child.once('close', resolve));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await over;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#child = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

const unique = (ids: readonly number[]) => [...new Set(ids)];
const ascending = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);

describe('the example of a consumer group', () => {
  it('gets what was there and what comes, in order, each once', async () => {
    await using server = await ownRedis();
    using scene = new RelayScene();
    scene.happen(250);
    await using relay = scene.relay(server.url);
    await using consumer = new Consumer(server.url, 'readers');
    await eventually('it has read what was there', () => consumer.handled.length === 250);
    scene.happen(30);
    relay.wake();
    await eventually('it has read what came', () => consumer.handled.length === 280);
    expect(consumer.handled).toEqual(scene.events);
  });

  it('misses nothing and keeps the order, killed again and again, while Redis is killed and emptied', async () => {
    await using server = await ownRedis();
    using scene = new RelayScene();
    scene.happen(100);
    await using relay = scene.relay(server.url);
    const file = path.join(temporaryFolder(), 'position.json');
    await using consumer = new Consumer(server.url, 'readers', file);
    for (let round = 0; round < 9; round += 1) {
      scene.happen(40);
      relay.wake();
      await pause(250);
      if (round % 3 === 0) await consumer.restart();
      if (round % 3 === 1) await (await server.client()).flushall();
      if (round % 3 === 2) await server.restart();
    }
    const hasAll = () => unique(consumer.ids).length === scene.last;
    await eventually('it has read all', hasAll);
    // It waits for an answer of the server that is killed now, and nobody starts it again.
    await server.restart();
    scene.happen(40);
    relay.wake();
    await eventually('it reads on', hasAll);
    const seen = unique(consumer.ids);
    expect(seen).toEqual(ascending(seen));
    // Killed between having handled an event and having noted that, it is given that one again.
    expect(consumer.ids.length - seen.length).toBeLessThanOrEqual(3);
    expect(consumer.stderr).toBe('');
  });

  it('says what was gone before it could be read', async () => {
    await using server = await ownRedis();
    using scene = new RelayScene();
    scene.happen(20);
    const file = path.join(temporaryFolder(), 'position.json');
    {
      await using _relay = scene.relay(server.url);
      await using _consumer = new Consumer(server.url, 'readers', file);
      await eventually('it has read what was there', () => {
        return existsSync(file) && readFileSync(file, 'utf8').includes('"event":20');
      });
    }
    scene.happen(50);
    scene.db.run('DELETE FROM events WHERE id <= 60');
    await (await server.client()).flushall();
    await using _relay = scene.relay(server.url);
    await using consumer = new Consumer(server.url, 'readers', file);
    await eventually('it has read what is kept', () => consumer.handled.length === 10);
    expect(consumer.stderr).toContain('events 21 to 60 are gone');
  });

  it('begins anew where the stream is of another store', async () => {
    await using server = await ownRedis();
    const file = path.join(temporaryFolder(), 'position.json');
    await using consumer = new Consumer(server.url, 'readers', file);
    for (const id of ['store-a', 'store-b']) {
      using scene = new RelayScene();
      scene.storeId = id;
      scene.happen(id === 'store-a' ? 30 : 10);
      const before = consumer.handled.length;
      await using _relay = scene.relay(server.url);
      await eventually('it has read all', () => consumer.handled.length === before + scene.last);
      expect(consumer.handled.slice(before)).toEqual(scene.events);
    }
  });
});
