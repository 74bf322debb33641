import type { Database } from '../sqlite/index.ts';

export type StoreCounts = {
  messages: number;
  reactions: number;
  attachments: number;
  chats: number;
  contacts: number;
  conversations: number;
  /** Rows waiting for their chat, or given up on for now. */
  quarantined: number;
};

/** How much the store holds, counted as `export` lists it. */
export function storeCounts(db: Database): StoreCounts {
  const count = (table: string, where = '1') => Number(db.value(`SELECT count(*) FROM ${table} WHERE ${where}`));
  return {
    messages: count('messages'),
    reactions: count('reactions', 'is_removal = 0'),
    attachments: count('attachments'),
    chats: count('chats'),
    contacts: count('contacts'),
    conversations: count('conversations'),
    quarantined: count('quarantine', `state <> 'resolved'`),
  };
}
