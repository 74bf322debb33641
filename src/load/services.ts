import type { Database } from '../sqlite/index.ts';

/** Adds the services that occur in a chat's messages to those that its rows name. */
export function addChatServices(db: Database, services: ReadonlyMap<number, Iterable<string>>): void {
  for (const [chat, seen] of services) {
    const before = db.value<string>('SELECT services FROM chats WHERE id = ?', chat);
    if (before === null) continue;
    const all = JSON.stringify([...new Set([...(JSON.parse(before) as string[]), ...seen])].sort());
    if (all !== before) db.run('UPDATE chats SET services = ? WHERE id = ?', all, chat);
  }
}

/** The services of a chat's messages and events, as the store holds them. */
export function servicesOfMessages(db: Database, chat: number): string[] {
  return db
    .all<{ service: string }>('SELECT DISTINCT service FROM messages WHERE chat_id = ? AND service IS NOT NULL', chat)
    .map((row) => row.service);
}

/** Services other than the common ones, by chat: one look at all messages. */
export function rareServices(db: Database, common: readonly string[]): { chat: number; service: string }[] {
  return db.all(
    `SELECT DISTINCT chat_id AS chat, service FROM messages
     WHERE service IS NOT NULL AND service NOT IN (${common.map(() => '?').join(', ')})`,
    ...common,
  );
}

/** The services that staged rows which are new or changed bring to their chats. */
export function servicesOfNew(db: Database): Map<number, string[]> {
  const services = new Map<number, string[]>();
  const rows = db.all<{ chat: number; service: string }>(
    `SELECT DISTINCT s.chat_id AS chat, s.service FROM temp.diff_messages d
       JOIN temp.staged_messages s ON s.rowid = d.staged WHERE s.service IS NOT NULL`,
  );
  for (const { chat, service } of rows) services.set(chat, [...(services.get(chat) ?? []), service]);
  return services;
}
