import type { ContactChanges } from '../load/index.ts';
import type { NewEvent } from '../model/index.ts';

/**
 * What there is to tell of contacts: who came before who is named, and the chats that are called otherwise last. One
 * whose card is gone, and none of whose addresses ever wrote or takes part, is told of as changed, and is not there.
 */
export function contactEvents({ created, updated, merged, removed, chats }: ContactChanges): NewEvent[] {
  return [
    ...created.map((contactId): NewEvent => ({ type: 'contact_created', chatId: null, data: { contactId } })),
    ...merged.map((ids): NewEvent => ({ type: 'contact_merged', chatId: null, data: ids })),
    ...updated.map(
      ({ contact, changed }): NewEvent => ({
        type: 'contact_updated',
        chatId: null,
        data: { contactId: contact, changed },
      }),
    ),
    ...removed.map(
      (contactId): NewEvent => ({ type: 'contact_updated', chatId: null, data: { contactId, changed: ['removed'] } }),
    ),
    ...chats.map(
      ({ chat, changed }): NewEvent => ({ type: 'chat_updated', chatId: chat, data: { chatId: chat, changed } }),
    ),
  ];
}
