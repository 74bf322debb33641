import { describe, expect, it } from 'vitest';
import { Lanes } from '../kernel/index.ts';
import { inLane } from './host.ts';

describe('a call that waits for its turn', () => {
  it('is answered at once when it is cancelled, and never begins', async () => {
    const lanes = new Lanes(['one']);
    const { promise: first, resolve: end } = Promise.withResolvers<void>();
    const running = lanes.run('one', () => first);
    const abort = new AbortController();
    let hasBegun = false;
    const waiting = inLane(lanes, 'one', abort.signal, async () => {
      hasBegun = true;
    });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    end();
    await running;
    await lanes.idle();
    expect(hasBegun).toBe(false);
  });

  it('does not begin when it was cancelled before it was made, and is not cut off once it has begun', async () => {
    const lanes = new Lanes(['one']);
    await expect(inLane(lanes, 'one', AbortSignal.abort(), async () => 1)).rejects.toMatchObject({ code: 'CANCELLED' });
    const abort = new AbortController();
    const work = inLane(lanes, 'one', abort.signal, async () => {
      abort.abort();
      return 'its own answer';
    });
    expect(await work).toBe('its own answer');
  });
});
