import type { ReactionDraft, Sent } from '../model.ts';
import { picture } from './files.ts';
import type { Scenario, Scene } from './scenario.ts';

const NEEDS = ['message.associated_message_type'] as const;
const EMOJI_NEEDS = [...NEEDS, 'message.associated_message_emoji'] as const;

/** Something to react to, just said; `balloon` as an app's message. */
function target(scene: Scene): Sent {
  const said = scene.post({ text: 'what do you think?', from: scene.other });
  // Kept free of the ordinary reactions, so that each scenario says alone what happens here.
  said.reactedBy.push('me', ...scene.chat.members.map((member) => member.normal));
  return said;
}

function react(scene: Scene, to: Sent, draft: Partial<ReactionDraft> & { code: number }): Sent {
  return scene.writer.react({ target: to, on: 0, from: 'me', atMs: scene.atMs + 3_000, ...draft });
}

const one = (name: string, code: number, more: Partial<ReactionDraft> = {}): Scenario => ({
  name,
  needs: code === 2006 ? EMOJI_NEEDS : NEEDS,
  play: (scene) => void react(scene, target(scene), { code, ...more }),
});

function sticker(scene: Scene, code: 1000 | 2007): void {
  const guid = scene.random.uuid();
  const attachment = { ...picture(scene, `at_0_${guid}`, 'sticker.heic'), uti: 'public.heic', is_sticker: 1 };
  react(scene, target(scene), { code, guid, from: scene.other, attachments: [attachment] });
}

/** Tapbacks, emoji and sticker reactions; removed, changed, early, and on nothing. */
export const REACTION_SCENARIOS: readonly Scenario[] = [
  ...[2000, 2001, 2002, 2003, 2004, 2005].map((code) => one(`tapback ${code}`, code)),
  one('tapback 2006', 2006, { emoji: '🧑🏾‍🚀' }),
  one('tapback 2006 flag', 2006, { emoji: '🏴󠁧󠁢󠁳󠁣󠁴󠁿' }),
  { name: 'tapback 2007', needs: NEEDS, play: (scene) => sticker(scene, 2007) },
  { name: 'sticker 1000', needs: NEEDS, play: (scene) => sticker(scene, 1000) },
  one('tapback on a balloon', 2000, { on: 'bp' }),
  one('tapback on a bare guid', 2001, { on: 'bare' }),
  ...[3000, 3001, 3002, 3003, 3004, 3005, 3006, 3007].map(
    (code): Scenario => ({
      name: `removal ${code}`,
      needs: NEEDS,
      play: (scene) => {
        const to = target(scene);
        // The row of the reaction itself is gone: a gap, then the removing row.
        scene.writer.skipRows(1);
        react(scene, to, { code, ...(code === 3006 ? { emoji: '🎉' } : {}) });
      },
    }),
  ),
  {
    name: 'removal beside its reaction',
    needs: NEEDS,
    play: (scene) => {
      const to = target(scene);
      react(scene, to, { code: 2004, from: scene.other });
      const remover = scene.chat.members[0] ?? 'me';
      react(scene, to, { code: 2000, from: remover, on: 'bp', atMs: scene.atMs + 4_000 });
      react(scene, to, { code: 3000, from: remover, on: 'bp', atMs: scene.atMs + 9_000 });
    },
  },
  {
    name: 'changed reaction, gap',
    needs: NEEDS,
    play: (scene) => {
      const to = target(scene);
      scene.writer.skipRows(1);
      react(scene, to, { code: 2001 });
    },
  },
  {
    name: 'changed reaction, both rows',
    needs: NEEDS,
    play: (scene) => {
      const to = target(scene);
      react(scene, to, { code: 2000 });
      react(scene, to, { code: 2003, atMs: scene.atMs + 8_000 });
    },
  },
  {
    name: 'reaction to a part',
    needs: NEEDS,
    play: (scene) => {
      const to = target(scene);
      react(scene, to, { code: 2000, on: 1 });
      react(scene, to, { code: 2001, on: 2 });
    },
  },
  {
    name: 'orphan reaction',
    needs: NEEDS,
    play: (scene) => {
      const unknown = { guid: scene.random.uuid(), chat: scene.chat, record: scene.record, service: null };
      scene.writer.react({ target: unknown, on: 0, from: scene.other, code: 2003, atMs: scene.atMs });
    },
  },
  {
    name: 'reaction before its target',
    needs: NEEDS,
    play: (scene) => {
      const guid = scene.random.uuid();
      const { chat, record } = scene;
      const early = { guid, chat, record, service: record.service };
      scene.writer.react({ target: early, on: 0, from: scene.other, code: 2000, atMs: scene.atMs + 2_000 });
      scene.post({ guid, text: 'this row came after the reaction to it', from: 'me' });
    },
  },
];
