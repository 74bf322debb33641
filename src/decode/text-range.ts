/**
 * What a body says of stretches of its text, as far as it is worth keeping. Positions count UTF-16 units. `part` is
 * the number of the bubble, which may jump after a part was unsent. Neighbouring runs that say the same are one range.
 */
export type TextRange = { start: number; length: number; part: number } & TextMark;

export type TextMark =
  /** A bubble of its own; listed when a body has several, or one that is not number 0. */
  | { kind: 'part' }
  /** `address` as it was written: a telephone number or a mail address, not normalised. */
  | { kind: 'mention'; address: string }
  /** `rich`: Messages shows a preview instead of the text. */
  | { kind: 'link'; url: string; rich: boolean }
  /** The placeholder (U+FFFC) of an attachment; `guid` is attachment.guid. */
  | { kind: 'attachment'; guid: string; name: string | null }
  | { kind: 'style'; style: TextStyle }
  /** An animated effect; an unknown one has the name `effect` and its number. */
  | { kind: 'effect'; effect: string }
  /** A one-time code, as it would be filled in. */
  | { kind: 'code'; code: string }
  /** Something a data detector saw, by the name of its attribute: phoneNumber, address, calendarEvent, money … */
  | { kind: 'detected'; detected: string }
  /** What a voice message says. */
  | { kind: 'transcription'; text: string }
  /** The placeholder of an image that stands for an emoji. */
  | { kind: 'emojiImage' };

export type TextStyle = 'bold' | 'italic' | 'underline' | 'strikethrough';
