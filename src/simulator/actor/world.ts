import { existsSync } from 'node:fs';
import { type Clock, must } from '../../kernel/index.ts';
import { openReadable } from '../../sqlite/index.ts';
import { type Pen, type SendOptions, send } from '../actions.ts';
import { openMessagesDatabase } from '../database.ts';
import { address, Handles, makeOwner, type Owner } from '../history/handles.ts';
import type { Address } from '../history/model.ts';
import { fictionalPhone } from '../people.ts';
import { Random } from '../random.ts';
import { FACTS, type Generation } from '../schema/generations.ts';
import { Body } from '../text/body.ts';
import { EMOJI, SENTENCES } from '../text/samples.ts';
import { writeLong, writeText } from '../text/texts.ts';
import { learn, learnOwner } from './learn.ts';
import { type ActorChat, type ActorMessage, type From, Memory } from './memory.ts';

const LANGUAGES = Object.keys(SENTENCES);
/** How many serial numbers of made-up strangers there are to draw from. */
const STRANGERS = 60_000;

/** The file that an actor writes to, what it knows of it, and the chance and the clock by which it acts. */
export class World {
  readonly file: string;
  readonly generation: Generation;
  readonly random: Random;
  readonly clock: Clock;
  readonly memory = new Memory();
  /** A copy of the file that was taken some time ago. */
  earlierCopy: string | null = null;
  #owner: Owner | null = null;
  #pen: Pen | null = null;

  /** Throws a RangeError when the file is not there. */
  constructor(file: string, generation: Generation, seed: number, clock: Clock) {
    this.file = file;
    this.generation = generation;
    this.clock = clock;
    // SQLite would make an empty file, and Messages does not.
    if (!existsSync(file)) throw new RangeError('there is no such database');
    // Who goes on with the same seed where another has stopped must not give the same guids again.
    this.random = new Random(seed).fork(1 + lastMessage(file));
    this.open();
    learn(this);
  }

  /** The open database. Throws while the file is closed or away. */
  get pen(): Pen {
    return must(this.#pen, 'the database is open');
  }

  get isOpen(): boolean {
    return this.#pen !== null;
  }

  get owner(): Owner {
    return this.pen.handles.owner;
  }

  open(): void {
    const database = openMessagesDatabase(this.file, this.generation);
    // Nothing here has to outlive a power cut.
    database.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    this.#owner ??= learnOwner(database.db, makeOwner(this.random.fork(1)));
    const handles = new Handles(database, this.random, this.#owner, { live: true });
    this.#pen = { database, random: this.random, handles };
  }

  close(): void {
    this.#pen?.database.close();
    this.#pen = null;
  }

  now(): number {
    return this.clock.now();
  }

  /** Whether this generation has the table, or the column (`table.column`). */
  has(need: string): boolean {
    const [table = '', column] = need.split('.');
    return this.pen.database.has(table, column);
  }

  get level(): number {
    return FACTS[this.generation].level;
  }

  /** One commit: all of `work` or nothing. */
  commit<T>(work: (pen: Pen) => T): T {
    const { pen } = this;
    return pen.database.db.transaction(() => work(pen));
  }

  /** A chat where something happens: mostly where something happened of late. */
  somewhere(fits: (chat: ActorChat) => boolean = () => true): ActorChat | undefined {
    if (this.random.chance(0.6)) {
      const recent = this.memory.pick(this.random, (message) => message.standing === 'live' && fits(message.chat));
      if (recent !== undefined) return recent.chat;
    }
    const found = this.memory.chats.filter(fits);
    return found.length === 0 ? undefined : this.random.pick(found);
  }

  somebody(chat: ActorChat): From {
    if (chat.members.length === 0 || this.random.chance(chat.isGroup ? 0.27 : 0.48)) return 'me';
    return this.random.pick(chat.members);
  }

  /** An address as the file knows it, or a new one. */
  addressOf(id: string): Address {
    const known = this.pen.database.db.get<{ country: string | null; uncanonical: string | null }>(
      'SELECT country, uncanonicalized_id AS uncanonical FROM handle WHERE id = ? ORDER BY ROWID LIMIT 1',
      id,
    );
    return known === undefined ? address(id) : { id, normal: id, ...known };
  }

  /** Somebody who was never heard of. */
  stranger(): Address {
    const { db } = this.pen.database;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const phone = fictionalPhone(this.random.int(STRANGERS));
      const known = db.value(
        'SELECT 1 FROM handle WHERE id = ?1 UNION ALL SELECT 1 FROM chat WHERE chat_identifier = ?1 LIMIT 1',
        phone,
      );
      if (known === null) return address(phone);
    }
    return address(`stranger.${this.random.uuid().slice(0, 8).toLowerCase()}@example.net`);
  }

  /** A text in any script, now and then a long one. */
  words(): string {
    const { random } = this;
    const die = random.unit();
    if (die < 0.02) return writeLong(random, random.between(130, 40_000));
    if (die < 0.06) return `${random.pick(EMOJI)}${random.pick(EMOJI)}`;
    return writeText(random, random.pick(LANGUAGES));
  }

  /** Writes the row of a message, in its chat or not yet; has to be within a commit. */
  write(chat: ActorChat, options: SendOptions & { isPlain?: boolean }): ActorMessage {
    const text = options.text ?? '';
    const sent = send(this.pen, chat, { ...options, body: options.body ?? Body.of(text) });
    return this.memory.remember({
      ...sent,
      chat,
      from: options.from,
      standing: options.join === false ? 'unjoined' : 'live',
      isPlain: options.isPlain ?? (options.body === undefined && text.length > 0),
      parts: null,
      ranges: {},
      attachments: [],
    });
  }
}

/** The highest ROWID that a message was ever given. */
function lastMessage(file: string): number {
  using db = openReadable(file);
  return db.value<number>("SELECT seq FROM sqlite_sequence WHERE name = 'message'") ?? 0;
}
