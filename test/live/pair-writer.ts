/**
 * Messages.app as a process of its own: `node test/live/pair-writer.ts FILE`. Each line of its input is an order, done
 * before the next is read; each line of its output is the answer, the guids of the messages it sent, as JSON.
 *   create SEED       makes the database, and stays connected
 *   open, close       connects and disconnects
 *   send              one message
 *   pair MS           two messages, so many milliseconds apart
 *   checkpoint MODE   PASSIVE, RESTART or TRUNCATE
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { must } from '../../src/kernel/index.ts';
import { actions, openMessagesDatabase } from '../../src/simulator/index.ts';
import { liveMessages } from '../support/live-messages.ts';

const file = must(process.argv[2], 'the first argument is the file');
let live: ReturnType<typeof liveMessages> | null = null;
let atMs = Date.UTC(2026, 5, 15);

function send(): string {
  const { pen, direct } = must(live, 'create comes first');
  atMs += 1_000;
  return actions.send(pen, direct, { from: 'me', atMs, text: `message ${atMs}` }).guid;
}

async function obey(order: string, word: string): Promise<string[]> {
  switch (order) {
    case 'create':
      live = liveMessages(file, 'macos-26', Number(word));
      return [];
    case 'open':
      must(live, 'create comes first').pen.database = openMessagesDatabase(file, 'macos-26');
      return [];
    case 'close':
      must(live, 'create comes first').pen.database.close();
      return [];
    case 'send':
      return [send()];
    case 'pair': {
      const first = send();
      if (Number(word) > 0) await setTimeout(Number(word));
      return [first, send()];
    }
    case 'checkpoint':
      must(live, 'create comes first').pen.database.db.get(`PRAGMA wal_checkpoint(${word})`);
      return [];
    default:
      throw new Error(`no such order: ${order}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [order = '', word = ''] = line.split(' ');
  console.log(JSON.stringify(await obey(order, word)));
}
