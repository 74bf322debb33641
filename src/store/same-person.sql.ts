/** The contact whom a direct chat, `c`, is with; null of a group. Chats with one contact are shown as one where asked. */
export const PERSON_OF_CHAT = `CASE WHEN c.kind = 'direct' THEN
  (SELECT h.contact_id FROM handles h WHERE h.address = c.identifier) END`;
