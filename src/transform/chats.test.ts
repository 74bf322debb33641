import { describe, expect, it } from 'vitest';
import { normaliseAddress } from './addresses.ts';
import { type RawChat, uniteChats } from './chats.ts';

const normalise = (raw: string) => normaliseAddress(raw, 'US');
const chat = (rowid: number, changes: Partial<RawChat>): RawChat => ({
  rowid,
  guid: null,
  style: 45,
  chatIdentifier: null,
  serviceName: 'iMessage',
  roomName: null,
  displayName: null,
  groupId: null,
  participants: [],
  ...changes,
});
const group = (rowid: number, identifier: string, changes: Partial<RawChat> = {}) =>
  chat(rowid, { style: 43, chatIdentifier: identifier, ...changes });

describe('chats', () => {
  it('L35 of one address are one, over all services and ways of writing it', () => {
    const united = uniteChats(
      [
        chat(1, { chatIdentifier: '+14155550101' }),
        chat(2, { chatIdentifier: '4155550101(smsft)', serviceName: 'SMS' }),
        chat(3, { chatIdentifier: '+14155550102' }),
      ],
      [],
      normalise,
    );
    expect(united.map((each) => [each.identifier, each.services, each.rowids])).toEqual([
      ['+14155550101', ['SMS', 'iMessage'], [1, 2]],
      ['+14155550102', ['iMessage'], [3]],
    ]);
  });

  it('L5 of several people are told apart by their identity, not by name or members', () => {
    const members = { displayName: 'Family', participants: ['+14155550101', '+14155550102'] };
    expect(uniteChats([group(1, 'chat1', members), group(2, 'chat2', members)], [], normalise)).toHaveLength(2);
  });

  it('are united by group id, and by what Apple looks up under one identifier', () => {
    const rows = [
      group(1, 'chat1', { groupId: 'G' }),
      group(2, 'chat2', { groupId: 'G', displayName: 'New name' }),
      group(3, 'chat3'),
      group(4, 'chat4'),
    ];
    const lookup = [
      { identifier: 'rcs-1', chat: 3 },
      { identifier: 'rcs-1', chat: 4 },
      { identifier: 'chat4', chat: 99 },
    ];
    const united = uniteChats(rows, lookup, normalise);
    expect(united.map((each) => [each.identifier, each.rowids, each.name])).toEqual([
      ['chat1', [1, 2], 'New name'],
      ['chat3', [3, 4], null],
    ]);
  });

  it('never unite a direct chat with a group', () => {
    const united = uniteChats(
      [chat(1, { chatIdentifier: 'chat7', groupId: 'G' }), group(2, 'chat7', { groupId: 'G' })],
      [],
      normalise,
    );
    expect(united.map((each) => each.kind)).toEqual(['direct', 'group']);
  });

  it('whose style is missing are known by their guid', () => {
    const rows = [
      chat(1, { style: null, guid: 'iMessage;+;chat5', chatIdentifier: 'chat5' }),
      chat(2, { style: null, guid: 'any;-;+14155550101', serviceName: 'any' }),
    ];
    expect(uniteChats(rows, [], normalise).map((each) => [each.kind, each.identifier, each.services])).toEqual([
      ['group', 'chat5', ['iMessage']],
      ['direct', '+14155550101', []],
    ]);
  });
});
