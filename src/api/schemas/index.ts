/**
 * The shape of every answer and question of the HTTP API. What comes in is checked against these, the OpenAPI
 * document is made from them, and the page takes its types from here.
 */
export * from './actions.ts';
export * from './analysis.ts';
export * from './chats.ts';
export * from './common.ts';
export * from './messages.ts';
export * from './people.ts';
export * from './redis.ts';
export * from './stats.ts';
export * from './status.ts';
export * from './streams.ts';
