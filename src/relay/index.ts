/**
 * Events on their way to Redis, and the mirror of what is going on. The stream `chatstats:events` gets every event of the
 * outbox, in order, under the id "<event id>-0", by which Redis itself refuses one that it has. Since that would hide a
 * hole too, each append names the last id that has to be there, and is refused as a whole where it is not: then, and on
 * every connection, the relay compares stream and store, and sends what is missing, or sets aside what is not ours.
 *
 * The store is only read here, and its owner keeps the cursor. Redis may be away, be killed or be emptied at any moment:
 * following never notices, and the stream is whole again once Redis is back. Never promised: that the stream has events
 * that are no longer kept in the outbox, or more of them than limits.ts says; a jump in the ids tells.
 *
 * `chat:last_msg:{chat_id}` and `conversation:check_queue` tell others what the store knows of active conversations. They
 * are written from it, never read back.
 */
export { Relay, type RelayOptions, type RelayOwner } from './relay.ts';
