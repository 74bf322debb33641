import { type Database, openScratch } from '../../sqlite/index.ts';
import type { Random } from '../random.ts';

/** What points at the rows of a table: in joins, whose pairs are unique, and in columns of `message`. */
const TABLES: readonly { table: string; joins: readonly string[]; columns: readonly string[] }[] = [
  {
    table: 'message',
    joins: [
      'chat_message_join.message_id',
      'message_attachment_join.message_id',
      'chat_recoverable_message_join.message_id',
      'recoverable_message_part.message_id',
    ],
    columns: [],
  },
  {
    table: 'chat',
    joins: [
      'chat_message_join.chat_id',
      'chat_handle_join.chat_id',
      'chat_recoverable_message_join.chat_id',
      'recoverable_message_part.chat_id',
      'chat_lookup.chat',
      'chat_service.chat',
      'sync_chat_slice.chat',
    ],
    columns: [],
  },
  { table: 'handle', joins: ['chat_handle_join.handle_id'], columns: ['message.handle_id', 'message.other_handle'] },
  { table: 'attachment', joins: ['message_attachment_join.attachment_id'], columns: [] },
];

/**
 * Gives every row of a Messages database a new ROWID, from 1 on and in another order, as a database that was built
 * anew has them; guids and joins stay. Nobody else may have the file open.
 */
export function renumber(file: string, random: Random): void {
  using db = openScratch(file);
  const triggers = db.all<{ name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
  db.exec('BEGIN');
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  db.exec('CREATE TEMP TABLE numbers (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)');
  for (const { table, joins, columns } of TABLES) {
    db.exec('DELETE FROM numbers');
    const rows = random.shuffle(db.all<{ id: number }>(`SELECT ROWID AS id FROM ${table} ORDER BY ROWID`));
    rows.forEach(({ id }, index) => {
      db.run('INSERT INTO numbers (old, new) VALUES (?, ?)', id, index + 1);
    });
    moveUniquely(db, table, 'ROWID');
    for (const join of joins) {
      const [name = '', column = ''] = join.split('.');
      if (db.value("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name) === null) continue;
      moveUniquely(db, name, column);
    }
    for (const column of columns) {
      const [name = '', field = ''] = column.split('.');
      db.exec(
        `UPDATE ${name} SET ${field} = (SELECT new FROM numbers WHERE old = ${name}.${field})
         WHERE ${field} IN (SELECT old FROM numbers)`,
      );
    }
    db.run('UPDATE sqlite_sequence SET seq = ? WHERE name = ?', rows.length, table);
  }
  for (const { sql } of triggers) db.exec(sql);
  db.exec('COMMIT');
}

/** By way of negative numbers, so that no row meets another that has still its old number. */
function moveUniquely(db: Database, table: string, column: string): void {
  db.exec(
    `UPDATE ${table} SET ${column} = -(SELECT new FROM numbers WHERE old = ${table}.${column})
     WHERE ${column} IN (SELECT old FROM numbers)`,
  );
  db.exec(`UPDATE ${table} SET ${column} = -${column} WHERE ${column} < 0`);
}
