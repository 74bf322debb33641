import { finaliseSealed, type Moment, sealChat, sealDueConversations } from '../load/index.ts';
import { appendEvents } from '../outbox/index.ts';
import type { Database } from '../sqlite/index.ts';
import { SEAL_ROWS } from './live.limits.ts';
import { conversationEvents } from './live-events.ts';

/** Seals what is due and makes ready what is sealed, one transaction of each; `more`: there may be more of either. */
export function sealSlice(db: Database, moment: Moment): { more: boolean; position: number | null } {
  const sealed = db.transaction(() => {
    const { changes, more } = sealDueConversations(db, moment, SEAL_ROWS);
    return { more, position: appendEvents(db, moment.nowMs, conversationEvents(changes)) };
  });
  const finalised = db.transaction(() => {
    const { changes, more } = finaliseSealed(db, moment, SEAL_ROWS);
    return { more, position: appendEvents(db, moment.nowMs, conversationEvents(changes)) };
  });
  return { more: sealed.more || finalised.more, position: finalised.position ?? sealed.position };
}

/** Seals a chat's active conversations now, due or not. */
export function sealChatNow(db: Database, chat: number, moment: Moment): { sealed: number; position: number | null } {
  const sealed = db.transaction(() => {
    const changes = sealChat(db, chat, moment);
    return { sealed: changes.length, position: appendEvents(db, moment.nowMs, conversationEvents(changes)) };
  });
  for (let more = true; more; ) {
    const finalised = sealSlice(db, moment);
    sealed.position = finalised.position ?? sealed.position;
    more = finalised.more;
  }
  return sealed;
}
