import { expect, it } from 'vitest';
import { actions } from '../../src/simulator/index.ts';
import { NOW_MS } from '../support/fixture.ts';
import { ANN, liveMessages } from '../support/live-messages.ts';
import { Workplace } from './chatstats.ts';

it('what is said of a body that could not be decoded is true where the text column had the text', async () => {
  using place = new Workplace();
  const { pen, direct, close } = liveMessages(place.file('chat.db'));
  const { guid } = actions.send(pen, direct, { from: ANN, atMs: NOW_MS, text: 'kept' });
  pen.database.db.run(
    'UPDATE message SET text = ?, attributedBody = ? WHERE guid = ?',
    'kept',
    new Uint8Array([4, 11, 115]),
    guid,
  );
  close();
  await place.run(['--db', 'store.db', 'import', 'chat.db', '--address-book', 'none']);
  const messages = await place.run(['--db', 'store.db', 'export', 'messages']);
  expect(messages.stdout).toContain('"kept"');
  const { stdout } = await place.run(['--db', 'store.db', 'quarantine', 'list']);
  expect(stdout).toContain(guid);
  expect(stdout).toContain('could not be decoded; the message is there with what could be read of it');
});
