import type { Edit } from '../../../model/index.ts';
import { iso, quantise } from '../../apple-time.ts';
import { encodeEditInfo, type Ranges, type Versions } from '../../edit-info.ts';
import { encodeAttributedBody } from '../../encode/typedstream.ts';
import { Body } from '../../text/body.ts';
import type { Scenario, Scene } from './scenario.ts';

const EDITS = ['message.date_edited', 'message.message_summary_info'] as const;

function editLines(edited: Versions[]): Edit[] {
  return edited
    .flatMap(({ part, versions }) => versions.map((version) => ({ ...version, part })))
    .sort((a, b) => a.atMs - b.atMs || a.part - b.part)
    .map(({ atMs, text }) => ({ at: iso(atMs), text }));
}

function edit(scene: Scene, texts: readonly [string, ...string[]]): void {
  const startMs = quantise(scene.atMs, scene.writer.database.facts.dateUnit);
  const versions = texts.map((text, index) => ({ atMs: startMs + index * 41_317, text }));
  const editedAtMs = versions.at(-1)?.atMs ?? startMs;
  const edited = [{ part: 0, versions }];
  scene.post({
    text: texts.at(-1) ?? '',
    edits: editLines(edited),
    editedAtMs,
    fields: {
      date_edited: scene.writer.database.date(editedAtMs),
      message_summary_info: encodeEditInfo({ '0': { lo: 0, le: texts[0].length } }, edited),
    },
  });
}

/** Text, picture, text: the last part edited, and in one variant the first unsent before that. */
function editOnePart(scene: Scene, alsoUnsend: boolean): void {
  const startMs = quantise(scene.atMs, scene.writer.database.facts.dateUnit);
  const guid = scene.random.uuid();
  const picture = `at_1_${guid}`;
  const versions = [
    { atMs: startMs, text: 'Second test' },
    { atMs: startMs + 63_500, text: 'Second test was edited! 👌' },
  ];
  const editedAtMs = startMs + 63_500;
  const edited = [{ part: 2, versions }];
  const body = new Body();
  if (!alsoUnsend) body.say('First test');
  body.part(1).attachment(picture, 'IMG_1.HEIC').part(2).say('Second test was edited! 👌');
  const ranges = { '0': { lo: 0, le: 10 }, '1': { lo: 10, le: 1 }, '2': { lo: 11, le: 11 } };
  scene.post({
    guid,
    body,
    attachments: [
      {
        guid: picture,
        filename: scene.path(picture, 'IMG_1.HEIC'),
        transfer_name: 'IMG_1.HEIC',
        uti: 'public.heic',
        mime_type: 'image/heic',
        transfer_state: 5,
        total_bytes: 90_210,
      },
    ],
    edits: editLines(edited),
    editedAtMs,
    ...(alsoUnsend ? { unsentParts: [0] } : {}),
    fields: {
      date_edited: scene.writer.database.date(editedAtMs),
      message_summary_info: encodeEditInfo(ranges, edited, alsoUnsend ? [0] : []),
      part_count: 3,
    },
  });
}

function editTwoParts(scene: Scene): void {
  const startMs = quantise(scene.atMs, scene.writer.database.facts.dateUnit);
  const first = [
    { atMs: startMs, text: 'one' },
    { atMs: startMs + 20_000, text: 'one, better' },
  ];
  const second = [
    { atMs: startMs, text: 'two' },
    { atMs: startMs + 10_000, text: 'two, better' },
    { atMs: startMs + 30_000, text: 'two, best' },
  ];
  const edited = [
    { part: 0, versions: first },
    { part: 1, versions: second },
  ];
  scene.post({
    body: new Body().say('one, better').part(1).say('two, best'),
    edits: editLines(edited),
    editedAtMs: startMs + 30_000,
    fields: {
      date_edited: scene.writer.database.date(startMs + 30_000),
      message_summary_info: encodeEditInfo({ '0': { lo: 0, le: 3 }, '1': { lo: 3, le: 3 } }, edited),
    },
  });
}

function unsendParts(scene: Scene, parts: readonly string[], unsent: readonly number[]): void {
  const startMs = quantise(scene.atMs, scene.writer.database.facts.dateUnit);
  const body = new Body();
  const ranges: Ranges = {};
  let at = 0;
  parts.forEach((text, part) => {
    ranges[String(part)] = { lo: at, le: text.length };
    at += text.length;
    if (!unsent.includes(part)) body.part(part).say(text);
  });
  scene.post({
    body,
    unsentParts: [...unsent],
    fields: {
      date_edited: scene.writer.database.date(startMs + 75_000),
      message_summary_info: encodeEditInfo(ranges, [], [...unsent]),
    },
  });
}

/** `retracted`: the way up to macOS 14, with date_retracted; else date_edited and is_empty. */
function unsendWhole(scene: Scene, form: { retracted: boolean; body: 'blank' | 'null' }): void {
  const startMs = quantise(scene.atMs, scene.writer.database.facts.dateUnit);
  const unsentAtMs = startMs + 47_250;
  const date = scene.writer.database.date(unsentAtMs);
  scene.post({
    text: null,
    rawBody: form.body === 'blank' ? encodeAttributedBody('', []) : null,
    unsentAtMs,
    fields: {
      ...(form.retracted ? { date_retracted: date } : { date_edited: date, is_empty: 1 }),
      message_summary_info: encodeEditInfo({ '0': { lo: 0, le: 13 } }, [], [0]),
    },
  });
}

/** Edits, unsent messages and unsent parts, in the forms of the generations that have them. */
export const EDIT_SCENARIOS: readonly Scenario[] = [
  { name: 'edited once', needs: EDITS, play: (scene) => edit(scene, ['see you at 6', 'see you at 7']) },
  {
    name: 'edited five times',
    needs: EDITS,
    play: (scene) => edit(scene, ['First message  ', 'Edit 1', 'Edit 2 🎈', '編集 3', ascii5(), 'Edited message']),
  },
  { name: 'edited into a longer text', needs: EDITS, play: (scene) => edit(scene, ['ok', ascii5()]) },
  { name: 'edited part', needs: EDITS, play: (scene) => editOnePart(scene, false) },
  { name: 'edited and unsent parts', needs: EDITS, play: (scene) => editOnePart(scene, true) },
  { name: 'two edited parts', needs: EDITS, play: editTwoParts },
  { name: 'unsent part', needs: EDITS, play: (scene) => unsendParts(scene, ['zero', 'one 🙈', 'two'], [1]) },
  { name: 'unsent first part', needs: EDITS, play: (scene) => unsendParts(scene, ['gone', 'stays'], [0]) },
  { name: 'two unsent parts', needs: EDITS, play: (scene) => unsendParts(scene, ['a', 'b', 'c', 'd'], [1, 3]) },
  {
    name: 'unsent, retracted',
    needs: EDITS,
    play: (scene) => unsendWhole(scene, { retracted: true, body: 'blank' }),
  },
  {
    name: 'unsent, emptied',
    needs: [...EDITS, 'message.schedule_type'],
    play: (scene) => unsendWhole(scene, { retracted: false, body: 'blank' }),
  },
  {
    name: 'unsent, without body',
    needs: [...EDITS, 'message.schedule_type'],
    play: (scene) => unsendWhole(scene, { retracted: false, body: 'null' }),
  },
];

function ascii5(): string {
  return 'a longer version of the same thing, with more words than fit into one hundred and twenty-seven bytes, so that its length takes three';
}
