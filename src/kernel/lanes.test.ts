import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breathe, LaneFullError, Lanes, LanesClosedError } from './index.ts';

const NAMES = ['live', 'sealing', 'upkeep'] as const;
type Name = (typeof NAMES)[number];

type Plan = { lane: Name; turns: number; fails: boolean; asks: Plan[] };

/** A task of so many turns of the event loop that asks for others meanwhile, which ask for others, `depth` deep. */
function plan(depth: number): fc.Arbitrary<Plan> {
  return fc.record({
    lane: fc.constantFrom(...NAMES),
    turns: fc.integer({ min: 0, max: 3 }),
    fails: fc.boolean(),
    asks: depth === 0 ? fc.constant([]) : fc.array(plan(depth - 1), { maxLength: 3 }),
  });
}

/** A task that runs until it is told to end. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), task: () => opened };
}

describe('lanes', () => {
  it('never have two tasks in flight, and take the first of the most urgent lane each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan(3), { maxLength: 12 }), async (plans) => {
        const lanes = new Lanes(NAMES);
        const outcomes: Promise<void>[] = [];
        let waiting: { rank: number; arrival: number }[] = [];
        let arrivals = 0;
        let inFlight = 0;
        const ask = ({ lane, turns, fails, asks }: Plan) => {
          const me = { rank: NAMES.indexOf(lane), arrival: arrivals };
          arrivals += 1;
          waiting.push(me);
          const done = lanes.run(lane, async () => {
            inFlight += 1;
            expect(inFlight).toBe(1);
            const first = waiting.toSorted((a, b) => a.rank - b.rank || a.arrival - b.arrival)[0];
            expect(first).toBe(me);
            waiting = waiting.filter((other) => other !== me);
            asks.slice(0, 1).forEach(ask);
            for (let turn = 0; turn < turns; turn += 1) await (turn % 2 === 0 ? breathe() : null);
            asks.slice(1).forEach(ask);
            inFlight -= 1;
            if (fails) throw new Error(`failure ${me.arrival}`);
            return me.arrival;
          });
          const outcome = fails
            ? expect(done).rejects.toThrow(`failure ${me.arrival}`)
            : expect(done).resolves.toBe(me.arrival);
          outcomes.push(outcome);
        };
        plans.forEach(ask);
        await lanes.idle();
        expect(waiting).toEqual([]);
        expect(outcomes).toHaveLength(arrivals);
        await Promise.all(outcomes);
      }),
    );
  });

  it('let what is urgent arrive between two tasks that never wait themselves', async () => {
    const lanes = new Lanes(NAMES);
    const order: string[] = [];
    for (let index = 0; index < 3; index += 1) void lanes.run('upkeep', () => order.push('upkeep'));
    // It comes by the event loop, as everything from outside does.
    setImmediate(() => void lanes.run('live', () => order.push('live')));
    await lanes.run('upkeep', () => order.push('last'));
    expect(order).toEqual(['upkeep', 'live', 'upkeep', 'upkeep', 'last']);
  });

  it('never run a task within the call that asks for it', async () => {
    const lanes = new Lanes(NAMES);
    let hasRun = false;
    const done = lanes.run('live', () => {
      hasRun = true;
    });
    expect(hasRun).toBe(false);
    await done;
    expect(hasRun).toBe(true);
  });

  it('tell how many wait, and refuse more than may in one lane alone', async () => {
    const lanes = new Lanes(NAMES, { mostWaiting: 2 });
    const first = gate();
    const running = lanes.run('live', first.task);
    await breathe();
    const waiting = [lanes.run('upkeep', () => 1), lanes.run('upkeep', () => 2)];
    await expect(lanes.run('upkeep', () => 3)).rejects.toThrow(LaneFullError);
    await expect(lanes.run('upkeep', () => 3)).rejects.toThrow('2 tasks wait in the lane "upkeep"');
    const other = lanes.run('live', () => 4);
    expect(lanes.waiting).toEqual({ live: 1, sealing: 0, upkeep: 2 });
    first.open();
    await running;
    expect(await Promise.all([...waiting, other])).toEqual([1, 2, 4]);
    expect(lanes.waiting).toEqual({ live: 0, sealing: 0, upkeep: 0 });
    expect(await lanes.run('upkeep', () => 5)).toBe(5);
  });

  it('refuse what waits when they are closed, and wait for what runs', async () => {
    const lanes = new Lanes(NAMES);
    const first = gate();
    let ended = false;
    const running = lanes.run('upkeep', async () => {
      await first.task();
      ended = true;
      return 'done';
    });
    await breathe();
    const waiting = lanes.run('live', () => expect.unreachable());
    const closed = lanes.close().then(() => expect(ended).toBe(true));
    await expect(waiting).rejects.toThrow(LanesClosedError);
    await expect(lanes.run('live', () => 1)).rejects.toThrow(LanesClosedError);
    expect(ended).toBe(false);
    first.open();
    await closed;
    expect(await running).toBe('done');
    await lanes.close();
  });

  it('are idle when nothing was ever asked, and not before the last task has ended', async () => {
    const lanes = new Lanes(NAMES);
    await lanes.idle();
    const order: string[] = [];
    void lanes.run('live', () => order.push('first'));
    const idle = lanes.idle().then(() => order.push('idle'));
    void lanes.run('live', async () => {
      await breathe();
      order.push('second');
    });
    await idle;
    expect(order).toEqual(['first', 'second', 'idle']);
  });

  it('tell a task that can end early when one that goes first waits, before or after it asked, and no other', async () => {
    const lanes = new Lanes(NAMES);
    const told: string[] = [];
    const waiting = gate();
    const long = lanes.run('sealing', async () => {
      lanes.whenWaiting('sealing', () => told.push('first task'));
      await waiting.task();
    });
    await breathe();
    const others = [lanes.run('upkeep', () => {}), lanes.run('sealing', () => {})];
    expect(told).toEqual([]);
    others.push(lanes.run('live', () => {}));
    expect(told).toEqual(['first task']);
    waiting.open();
    await Promise.all([long, ...others]);
    const next = lanes.run('live', () => {
      const urgent = lanes.run('live', () => {});
      lanes.whenWaiting('upkeep', () => told.push('second task'));
      return { urgent };
    });
    await (await next).urgent;
    expect(told).toEqual(['first task', 'second task']);
    await lanes.run('live', () => {});
    expect(told, 'whoever has ended is told nothing').toEqual(['first task', 'second task']);
  });
});
