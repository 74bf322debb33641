import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { ChatStatsError, type Clock, pause } from '../../kernel/index.ts';
import { unwrapKey } from './key-wrap.ts';
import type { Derivation, Keybag } from './keybag.ts';
import type { OpeningProgress, Watch } from './watch.ts';

const derive = promisify(pbkdf2);
const KEY_BYTES = 32;

/** WRAP is a set of bits. A key that the device's own key wraps too cannot be had outside of that device. */
const BY_DEVICE = 1;
const BY_PASSWORD = 2;

/** So many rounds are tried first, to guess how long all of them take. */
const SAMPLE_ROUNDS = 200_000;
/** Fewer are done before anybody could read how far they are. */
const WORTH_MEASURING = 2_000_000;
const TELL_EVERY_MS = 200;

/** The keys of the protection classes. Disposing overwrites them. */
export class ClassKeys implements Disposable {
  readonly #keys: ReadonlyMap<number, Buffer>;
  /** Classes whose keys belong to the device alone: no password opens their files. */
  readonly deviceOnly: ReadonlySet<number>;
  /** Classes whose key did not open although others did: their part of the keybag is damaged. */
  readonly damaged: ReadonlySet<number>;

  constructor(keys: ReadonlyMap<number, Buffer>, deviceOnly: ReadonlySet<number>, damaged: ReadonlySet<number>) {
    this.#keys = keys;
    this.deviceOnly = deviceOnly;
    this.damaged = damaged;
  }

  /** The classes whose files can be read. */
  get readable(): Iterable<number> {
    return this.#keys.keys();
  }

  /** The key that a file or the manifest names as "class, wrapped key". Null when it cannot be had. */
  unwrap(named: Uint8Array): Buffer | null {
    if (named.length < 4) return null;
    const bytes = Buffer.from(named.buffer, named.byteOffset, named.byteLength);
    const classKey = this.#keys.get(bytes.readUInt32LE(0));
    return classKey === undefined ? null : unwrapKey(classKey, bytes.subarray(4));
  }

  /** The same keys, for somebody who keeps them longer. */
  copy(): ClassKeys {
    const keys = new Map([...this.#keys].map(([number, key]) => [number, Buffer.from(key)]));
    return new ClassKeys(keys, this.deviceOnly, this.damaged);
  }

  [Symbol.dispose](): void {
    for (const key of this.#keys.values()) key.fill(0);
  }
}

/**
 * Opens a keybag with a password, which is overwritten. Deriving takes seconds on purpose; it happens in a thread of
 * the pool. Throws BACKUP_PASSWORD_WRONG when no class opens, CANCELLED.
 */
export async function unlock(keybag: Keybag, password: Buffer, watch: Watch): Promise<ClassKeys> {
  let wrappingKey: Buffer;
  try {
    wrappingKey = await wrappingKeyOf(keybag.derivation, password, watch);
  } finally {
    password.fill(0);
  }
  try {
    return openClasses(keybag, wrappingKey);
  } finally {
    wrappingKey.fill(0);
  }
}

function openClasses({ classKeys }: Keybag, wrappingKey: Buffer): ClassKeys {
  const keys = new Map<number, Buffer>();
  const deviceOnly = new Set<number>();
  const damaged = new Set<number>();
  for (const { class: number, wrap, wrappedKey } of classKeys) {
    if ((wrap & BY_PASSWORD) === 0 || (wrap & BY_DEVICE) !== 0) {
      deviceOnly.add(number);
      continue;
    }
    const key = unwrapKey(wrappingKey, wrappedKey);
    if (key === null) damaged.add(number);
    else keys.set(number, key);
  }
  if (keys.size === 0) throw new ChatStatsError('BACKUP_PASSWORD_WRONG', 'the password does not open this backup');
  return new ClassKeys(keys, deviceOnly, damaged);
}

async function wrappingKeyOf({ first, second }: Derivation, password: Buffer, watch: Watch): Promise<Buffer> {
  const total = (first?.iterations ?? 0) + second.iterations;
  const roundsPerMs = total < WORTH_MEASURING ? total : await measure(watch.clock, second.salt);
  await using meter = new Meter(watch, total, roundsPerMs);
  if (first === null) return await meter.until(derive(password, second.salt, second.iterations, KEY_BYTES, 'sha1'));
  const between = await meter.until(derive(password, first.salt, first.iterations, KEY_BYTES, 'sha256'));
  try {
    return await meter.until(derive(between, second.salt, second.iterations, KEY_BYTES, 'sha1'));
  } finally {
    between.fill(0);
  }
}

async function measure(clock: Clock, salt: Buffer): Promise<number> {
  const startedAt = clock.now();
  await derive('', salt, SAMPLE_ROUNDS, KEY_BYTES, 'sha256');
  return SAMPLE_ROUNDS / Math.max(1, clock.now() - startedAt);
}

/** Tells about how far deriving is, which nobody can ask: by the time, and never quite to the end. */
class Meter implements AsyncDisposable {
  readonly #watch: Watch;
  readonly #stop = new AbortController();
  readonly #told: Promise<void>;

  constructor(watch: Watch, total: number, roundsPerMs: number) {
    this.#watch = watch;
    this.#told = this.#tell(total, roundsPerMs);
  }

  async #tell(total: number, roundsPerMs: number): Promise<void> {
    const { clock, onProgress } = this.#watch;
    const startedAt = clock.now();
    while (!this.#stop.signal.aborted) {
      const done = Math.min(Math.floor(total * 0.99), Math.round((clock.now() - startedAt) * roundsPerMs));
      onProgress({ stage: 'unlock', done, total } satisfies OpeningProgress);
      await pause(TELL_EVERY_MS, this.#stop.signal);
    }
  }

  /** The result, or CANCELLED as soon as somebody wants it no longer; the work itself cannot be stopped. */
  async until(work: Promise<Buffer>): Promise<Buffer> {
    const { signal } = this.#watch;
    const cancelled = Promise.withResolvers<never>();
    const abort = () => cancelled.reject(new ChatStatsError('CANCELLED', 'opening the backup was cancelled'));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      return await Promise.race([work, cancelled.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#told;
  }
}
