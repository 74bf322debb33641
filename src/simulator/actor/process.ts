import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { breathe, fixedClock, must, pause, systemClock } from '../../kernel/index.ts';
import { GENERATIONS, type Generation } from '../schema/generations.ts';
import { Actor, type Commit, type Performance } from './actor.ts';
import type { ActorAnswer, ActorLine } from './lines.ts';
import { Schedule } from './schedule.ts';

/**
 * An actor in a process of its own:
 *
 *   node src/simulator/actor/process.ts --file F --generation G --seed N
 *     [--per-second R] [--acts N] [--seconds S]   random acts, about R a second (5), until so many or so long
 *     [--weights JSON] [--only say,edit]          how often which
 *     [--now-ms T]                                a clock of its own, which begins there, in place of the system's
 *     [--script]                                  no random acts: commands from stdin, a line of JSON each
 *
 * It ends when it has done what it was told to, when stdin closes, or at SIGTERM, and leaves acts that have begun
 * as they are. Every commit is a line of JSON on stdout (`ActorLine`); with --script every command is answered by one
 * (`ActorAnswer`). A command is `{"act": "say", …arguments}`, and all commits of the act are made at once. With
 * `"hold": true` only the first is made; the answer's `held` is a number by which `{"act": "goOn", "held": n}` makes
 * the next one. `"atMs"` says when it happens, in Unix milliseconds.
 */
const USUAL_PER_SECOND = 5;

const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    generation: { type: 'string' },
    seed: { type: 'string' },
    'per-second': { type: 'string' },
    acts: { type: 'string' },
    seconds: { type: 'string' },
    weights: { type: 'string' },
    only: { type: 'string' },
    'now-ms': { type: 'string' },
    script: { type: 'boolean' },
  },
});

const startedAtMs = performance.now();
const elapsedMs = () => performance.now() - startedAtMs;
const stopped = new AbortController();
const ownClock = values['now-ms'] === undefined ? null : fixedClock(Number(values['now-ms']));

/** The moment of a commit, on a clock that is not set in between and tells fractions of a millisecond. */
function lineOf({ act, step, rowId, guid }: Commit): ActorLine {
  return { act, step, rowId, guid, atMs: performance.timeOrigin + performance.now() };
}

function print(line: ActorLine | ActorAnswer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function makeActor(): Actor {
  const generation = GENERATIONS.find((known) => known === values.generation);
  return new Actor({
    file: must(values.file, '--file is given'),
    generation: must<Generation>(generation, '--generation names a generation'),
    seed: Number(must(values.seed, '--seed is given')),
    clock: ownClock ?? systemClock,
    ...(values.weights === undefined ? {} : { weights: JSON.parse(values.weights) }),
    ...(values.only === undefined ? {} : { only: values.only.split(',') }),
  });
}

async function actAtRandom(actor: Actor): Promise<void> {
  const perSecond = Number(values['per-second'] ?? USUAL_PER_SECOND);
  const schedule = new Schedule(actor, {
    perSecond,
    ...(values.acts === undefined ? {} : { acts: Number(values.acts) }),
  });
  const endMs = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds) * 1_000;
  const { signal } = stopped;
  let clockMs = 0;
  for (let next = schedule.nextAtMs; next !== null && next <= endMs; next = schedule.nextAtMs) {
    const waitMs = next - elapsedMs();
    // Also where nothing is to be waited for, stdin and signals want to be heard.
    await (waitMs > 0 ? pause(waitMs, signal) : breathe());
    if (signal.aborted) break;
    ownClock?.advance(Math.max(0, Math.round(next) - clockMs));
    clockMs = Math.max(clockMs, Math.round(next));
    const commit = schedule.step();
    if (commit !== null) print(lineOf(commit));
  }
  for (const commit of schedule.bringBack()) print(lineOf(commit));
}

async function followScript(actor: Actor): Promise<void> {
  const held = new Map<number, Performance>();
  let lastHeld = 0;
  const answer = (command: Record<string, unknown>): ActorAnswer => {
    const name = String(command.act);
    const isGoingOn = name === 'goOn';
    const number = isGoingOn ? Number(command.held) : null;
    const known = number === null ? actor.begin(name, command) : held.get(number);
    if (known === undefined) throw new RangeError('nothing of this number is held');
    const commits: ActorLine[] = [];
    const holds = isGoingOn || command.hold === true;
    for (let commit = known.next(); commit !== null; commit = holds ? null : known.next()) commits.push(lineOf(commit));
    const last = commits.at(-1);
    if (last === undefined && number !== null) held.delete(number);
    if (last === undefined) throw new RangeError(number === null ? 'there is nothing to do it to' : 'it has ended');
    if (number === null && holds) {
      lastHeld += 1;
      held.set(lastHeld, known);
    }
    return { ...last, commits, held: holds ? (number ?? lastHeld) : null };
  };
  const lines = createInterface({ input: process.stdin });
  stopped.signal.addEventListener('abort', () => lines.close());
  for await (const line of lines) {
    try {
      print(answer(JSON.parse(line) as Record<string, unknown>));
    } catch (error) {
      print({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  // What was taken away is brought back: the file is not ours.
  for (const performance of held.values()) if (!actor.isOpen) performance.next();
}

process.on('SIGTERM', () => stopped.abort());
process.on('SIGINT', () => stopped.abort());
const actor = makeActor();
if (values.script === true) {
  await followScript(actor);
} else {
  process.stdin.on('end', () => stopped.abort()).resume();
  await actAtRandom(actor);
}
actor.close();
process.stdin.destroy();
