import { Engine, listen, startThreadAhead } from '../engine/index.ts';
import { EXIT, type ExitCode } from '../kernel/index.ts';
import { checkImport, type FollowStatus } from '../pipeline/index.ts';
import { removeLeftovers } from '../sources/iphone-backup/index.ts';
import { analyseMeanwhile } from './analysing.ts';
import { aborted, follow, followArgs, tellWhatHappens } from './following.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { answering, relayTo } from './relaying.ts';
import { refuseBackup } from './source.ts';
import { pairs } from './terminal.ts';

/** So long the end of catching up waits for Redis, in milliseconds. */
const SETTLE_MS = 5_000;

/** Live sync without doors, until it is stopped. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  refuseBackup(invocation);
  startThreadAhead();
  removeLeftovers();
  const args = followArgs(invocation);
  checkImport({ source: args.source, store: config.db });
  const stop = new AbortController();
  using _interrupt = world.onInterrupt(() => stop.abort());
  await using engine = await Engine.start({ store: config.db });
  using _telling = tellWhatHappens(invocation, engine, args.source.path);
  await using relay = relayTo(invocation, engine, config.db);
  // Another process that wants to write is answered by this one.
  await using _owner = await listen(config.db, answering(engine, relay));
  const begin = async () => await follow(invocation, { engine, store: config.db, args }, stop.signal);
  let status = await begin();
  if (!args.once) {
    using _analysing = await analyseMeanwhile(invocation, engine);
    const broken = new AbortController();
    using _again = engine.onRestart(() => begin().catch((error: unknown) => broken.abort(error)));
    await aborted(AbortSignal.any([stop.signal, broken.signal]));
    // Nothing is followed any more, and nobody asked for that: whoever started this has to know.
    if (broken.signal.aborted && !stop.signal.aborted) throw broken.signal.reason;
    status = (await engine.call('liveStatus', {}).catch(() => null))?.following ?? status;
  }
  // Whoever catches up once wants it to have arrived; a server that is away gets it the next time.
  if (args.once) await relay?.settle(SETTLE_MS);
  if (config.json) printJson(invocation, status);
  else print(invocation, statusLines(status));
  return EXIT.done;
}

function statusLines(status: FollowStatus): string[] {
  return pairs([
    ['messages read', status.rowsRead],
    ['batches', status.batches],
    ['last message row', status.lastMessageRowid],
  ]);
}
