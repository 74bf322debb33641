import type { TextMark, TextStyle } from './text-range.ts';
import { ByteRange, Dictionary, Url, type Value } from './typedstream.ts';

/** The attributes of a run, reduced to what is kept. */
export type RunMarks = { part: number; marks: TextMark[] };

const EFFECTS: Readonly<Record<number, string>> = {
  4: 'ripple',
  5: 'big',
  6: 'bloom',
  8: 'nod',
  9: 'shake',
  10: 'jitter',
  11: 'small',
  12: 'explode',
};

const STYLES: Readonly<Record<string, TextStyle>> = {
  __kIMTextBoldAttributeName: 'bold',
  __kIMTextItalicAttributeName: 'italic',
  __kIMTextUnderlineAttributeName: 'underline',
  __kIMTextStrikethroughAttributeName: 'strikethrough',
};

/** No run says more than this; a made-up one must not cost more than its bytes. */
const MARKS_LIMIT = 16;

const PREFIX = '__kIM';
const SUFFIX = 'AttributeName';

/** Reads the attributes of one run. Unknown ones are not kept. */
export function runMarks(attributes: Dictionary | null): RunMarks {
  const result: RunMarks = { part: 0, marks: [] };
  if (attributes === null) return result;
  let url: string | null = null;
  let rich = false;
  let guid: string | null = null;
  let name: string | null = null;
  const { entries } = attributes;
  for (let i = 0; i + 1 < entries.length; i += 2) {
    const key = entries[i];
    const value = entries[i + 1];
    if (typeof key !== 'string') continue;
    switch (key) {
      case '__kIMMessagePartAttributeName':
        if (typeof value === 'number') result.part = value;
        break;
      case '__kIMBaseWritingDirectionAttributeName':
        break;
      case '__kIMLinkAttributeName':
        url = value instanceof Url ? value.text : asText(value);
        break;
      case '__kIMLinkIsRichLinkAttributeName':
        rich = value !== 0;
        break;
      case '__kIMFileTransferGUIDAttributeName':
        guid = asText(value);
        break;
      case '__kIMFilenameAttributeName':
        name = asText(value);
        break;
      default: {
        const mark = otherMark(key, value);
        if (mark !== null && result.marks.length < MARKS_LIMIT) result.marks.push(mark);
      }
    }
  }
  if (url !== null) result.marks.push({ kind: 'link', url, rich });
  if (guid !== null) result.marks.push({ kind: 'attachment', guid, name });
  return result;
}

function otherMark(key: string, value: Value): TextMark | null {
  if (typeof value === 'number') {
    const style = STYLES[key];
    if (style !== undefined) return value === 0 ? null : { kind: 'style', style };
    if (key !== '__kIMTextEffectAttributeName') return null;
    return { kind: 'effect', effect: EFFECTS[value] ?? `effect${value}` };
  }
  if (typeof value === 'string') {
    if (key === '__kIMMentionConfirmedMention') return { kind: 'mention', address: value };
    if (key === 'IMAudioTranscription') return { kind: 'transcription', text: value };
  }
  if (key === '__kIMOneTimeCodeAttributeName') return codeMark(value);
  if (key === '__kIMEmojiImageAttributeName') return { kind: 'emojiImage' };
  // What the general detector found is a link or a code in nearly all cases, and those have attributes of their own.
  if (key === '__kIMDataDetectedAttributeName' || !(value instanceof ByteRange)) return null;
  if (!key.startsWith(PREFIX) || !key.endsWith(SUFFIX)) return null;
  const detected = key.slice(PREFIX.length, key.length - SUFFIX.length);
  return { kind: 'detected', detected: detected.charAt(0).toLowerCase() + detected.slice(1) };
}

function codeMark(value: Value): TextMark | null {
  if (!(value instanceof Dictionary)) return null;
  const at = value.entries.findIndex((entry, index) => index % 2 === 0 && entry === 'code');
  const code = at < 0 ? null : asText(value.entries[at + 1]);
  return code === null ? null : { kind: 'code', code };
}

function asText(value: Value): string | null {
  return typeof value === 'string' ? value : null;
}
