import { describe, expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { NOW_MS } from '../support/fixture.ts';
import { followed } from '../support/followed.ts';
import { ANN } from '../support/live-messages.ts';

const MINUTE = 60_000;

/** Messages writes a row, and puts it into its chat a moment later. */
async function scene() {
  const store = await followed();
  const send = (text: string, join: boolean) =>
    actions.send(store.pen, store.direct, { from: ANN, atMs: NOW_MS - MINUTE, text, join });
  return { store, send, quarantined: () => store.value<number>('SELECT count(*) FROM quarantine') };
}

describe('a row that is in no chat yet', () => {
  it('is waited for a moment, with those behind it, and then taken over in one go', async () => {
    const { store, send, quarantined } = await scene();
    using _ = store;
    const first = send('first', false);
    const second = send('second', true);
    expect(store.follower.step('live')).toEqual({ kind: 'done', more: true, rows: 0, position: null, inMs: 2 });
    expect(store.message(second.guid)).toBeUndefined();
    actions.join(store.pen, first);
    const events = store.wake();
    expect(events.map(({ type }) => type)).toEqual(['messages_synced', 'conversation_started']);
    expect(store.message(first.guid)).toBeDefined();
    expect(store.message(second.guid)).toBeDefined();
    expect(quarantined()).toBe(0);
  });

  it('is waited for once: then it is held, and what is behind it is taken over', async () => {
    const { store, send, quarantined } = await scene();
    using _ = store;
    const late = send('late', false);
    const other = send('other', true);
    expect(store.follower.step('live')).toMatchObject({ inMs: 2 });
    expect(store.follower.step('live')).toMatchObject({ more: false, rows: 2 });
    expect(store.message(other.guid)).toBeDefined();
    expect(store.message(late.guid)).toBeUndefined();
    expect(quarantined()).toBe(1);
    expect(store.follower.step('live')).not.toHaveProperty('inMs');
    actions.join(store.pen, late);
    store.wake();
    expect(store.message(late.guid)).toBeDefined();
  });

  it('is not waited for while catching up', async () => {
    const { store, send } = await scene();
    using _ = store;
    send('long ago', false);
    expect(store.follower.step('catching-up')).toMatchObject({ more: false, rows: 1 });
  });
});
