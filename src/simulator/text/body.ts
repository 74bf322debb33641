import { type AttributeValue, type BodyRun, encodeAttributedBody } from '../encode/typedstream.ts';
import { encodePlainBody } from '../plain-body.ts';

/** U+FFFC: the place of an attachment in a text. */
export const OBJECT_MARK = '\uFFFC';
/** U+FFFD: the place of an app's balloon. */
export const APP_MARK = '\uFFFD';

const PART = '__kIMMessagePartAttributeName';

/** An attributed body in the making: text with its runs, part (bubble) by part. */
export class Body {
  text = '';
  /** Guids of the attachments in the order of their marks. */
  readonly attachmentGuids: string[] = [];
  readonly #runs: BodyRun[] = [];
  #part = 0;
  #isRich = false;

  static of(text: string): Body {
    return new Body().say(text);
  }

  get partCount(): number {
    return this.#part + 1;
  }

  /** What follows belongs to this part. Numbers may jump: that is what an unsent part leaves behind. */
  part(number: number): this {
    this.#part = number;
    if (number !== 0) this.#isRich = true;
    return this;
  }

  say(text: string, attributes: Record<string, AttributeValue> = {}): this {
    if (text.length === 0) return this;
    this.text += text;
    if (Object.keys(attributes).length > 0) this.#isRich = true;
    this.#runs.push({ length: text.length, attributes: { ...attributes, [PART]: this.#part } });
    return this;
  }

  mention(name: string, address: string): this {
    return this.say(name, { __kIMMentionConfirmedMention: address });
  }

  link(shown: string, url: string): this {
    return this.say(shown, { __kIMLinkAttributeName: { url } });
  }

  attachment(guid: string, fileName: string | null, attributes: Record<string, AttributeValue> = {}): this {
    this.attachmentGuids.push(guid);
    const named: Record<string, AttributeValue> = fileName === null ? {} : { __kIMFilenameAttributeName: fileName };
    return this.say(OBJECT_MARK, { __kIMFileTransferGUIDAttributeName: guid, ...named, ...attributes });
  }

  encode(mutable = true): Uint8Array {
    if (!this.#isRich) return encodePlainBody(this.text, { mutable });
    return encodeAttributedBody(this.text, this.#runs, { mutable });
  }
}
