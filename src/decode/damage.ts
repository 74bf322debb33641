/** Why a body could not be read: a fixed list of words, fit for counting and for logs. */
export type BodyDamage = 'empty' | 'not-typedstream' | 'truncated' | 'malformed' | 'too-deep' | 'not-text';

/** Thrown by the readers of this room and caught at its edge. Not an Error: nobody needs its stack, and it is cheap. */
export class Damage {
  readonly reason: BodyDamage;

  constructor(reason: BodyDamage) {
    this.reason = reason;
  }
}
