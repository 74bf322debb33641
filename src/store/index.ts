/** Our own schema and the read queries over it. Nothing here writes the message domain: that is the room `load`. */
export { createIndexes, createTables, openStoreForReading, openStoreForWriting, storeHoldsMessages } from './open.ts';
export { APPLICATION_ID, INDEXES, SCHEMA_VERSION, TABLES } from './schema.sql.ts';
