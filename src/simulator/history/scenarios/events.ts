import type { MessageRow } from '../../rows.ts';
import type { Sender } from '../model.ts';
import type { Scenario, Scene } from './scenario.ts';

/** A group's scene, if there is a group; events happen there. */
function inGroup(scene: Scene): Scene {
  return scene.chat.kind === 'group' && scene.chat.members.length > 0 ? scene : scene.in(scene.elsewhere('group'));
}

function event(scene: Scene, fields: Partial<MessageRow>, more: { from?: Sender; text?: string } = {}): void {
  scene.post({
    from: more.from ?? scene.other,
    text: more.text ?? null,
    kind: 'event',
    deliveredAtMs: null,
    readAtMs: null,
    fields: { part_count: null, message_summary_info: null, ...fields },
  });
}

const group = (name: string, fields: (scene: Scene) => Partial<MessageRow>, from?: Sender): Scenario => ({
  name: `event ${name}`,
  play: (scene) => {
    const there = inGroup(scene);
    event(there, fields(there), from === undefined ? {} : { from });
  },
});

function otherHandle(scene: Scene): number {
  const { other, record } = scene;
  return other === 'me' ? 0 : scene.writer.handles.of(other, record.service);
}

/** Rows that say what happened in a chat, in no one's words. */
export const EVENT_SCENARIOS: readonly Scenario[] = [
  group('joined', (scene) => ({ item_type: 1, group_action_type: 0, other_handle: otherHandle(scene) })),
  group('removed', (scene) => ({ item_type: 1, group_action_type: 1, other_handle: otherHandle(scene) }), 'me'),
  group('renamed', () => ({ item_type: 2, group_title: 'New name ✨' })),
  group('name removed', () => ({ item_type: 2, group_title: null }), 'me'),
  group('left', () => ({ item_type: 3, group_action_type: 0 })),
  group('photo changed', () => ({ item_type: 3, group_action_type: 1 })),
  group('photo removed', () => ({ item_type: 3, group_action_type: 2 })),
  group('background changed', () => ({ item_type: 3, group_action_type: 4 })),
  {
    name: 'event location shared',
    play: (scene) => event(scene, { item_type: 4, share_status: 0, share_direction: 0 }, { from: 'me' }),
  },
  {
    name: 'event location no longer shared',
    play: (scene) =>
      event(scene, { item_type: 4, share_status: 1, share_direction: 1, other_handle: otherHandle(scene) }),
  },
  { name: 'event audio kept', play: (scene) => event(scene, { item_type: 5 }) },
  { name: 'event FaceTime', play: (scene) => event(scene, { item_type: 6 }) },
  {
    name: 'event with words',
    play: (scene) => event(scene, { item_type: 6 }, { text: 'SharePlay: a song' }),
  },
  {
    name: 'unknown item type',
    play: (scene) => void scene.post({ text: 'from the future', kind: 'unknown', fields: { item_type: 9 } }),
  },
  {
    name: 'unknown association',
    needs: ['message.associated_message_type'],
    play: (scene) =>
      void scene.post({ text: 'from the future too', kind: 'unknown', fields: { associated_message_type: 5001 } }),
  },
];
