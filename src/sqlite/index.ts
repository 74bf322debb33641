/** The only room that knows the driver: opening by role, the statement gate, transactions. */
export { Database, type Gate, type Row, SqliteError, type Value } from './database.ts';
export { foreignUri, needsCopy, openForeign, openReadable, openScratch, openWritable } from './open.ts';
export { openPrivateFolder, type PrivateFolder, removeLeftovers } from './private-folder.ts';
