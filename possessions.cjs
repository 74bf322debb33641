/**
 * What one room alone may touch. `pattern` is looked for in the code without its comments (and, where `inStrings` is
 * false, without the contents of its strings). Tests and benches are free: they measure and they provoke.
 */

/** @type {import('./possessions.cjs').Possession[]} */
const possessions = [
  {
    what: 'node:sqlite',
    pattern: /['"`]node:sqlite['"`]/,
    inStrings: true,
    only: ['sqlite'],
    why: 'Every statement passes one gate; with a second way to the driver, "read-only" and the statement sweep would prove nothing.',
  },
  {
    what: 'ioredis',
    pattern: /['"`]ioredis['"`]/,
    inStrings: true,
    only: ['redis'],
    why: 'A connection fails in one way, and hides its password in one place.',
  },
  {
    what: 'rows of the message domain',
    pattern:
      /\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(?:\w+\.)?(?:chats|chat_participants|contacts|contact_identifiers|contact_cards|card_pictures|contact_merges|address_books|own_addresses|handles|messages|message_edits|message_aliases|reactions|attachments|message_attachments|conversations|live_sync_state|quarantine)\b/,
    inStrings: true,
    only: ['load'],
    why: 'A batch is all or nothing only if one room commits it.',
  },
  {
    what: 'rows of events',
    pattern:
      /\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(?:\w+\.)?(?:events|consumers)\b/,
    inStrings: true,
    only: ['load', 'outbox'],
    why: 'An event commits with the change it tells of: it is the outbox that knows its shape, and load that has the transaction.',
  },
  {
    what: 'rows of jobs',
    pattern:
      /\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(?:\w+\.)?jobs\b/,
    inStrings: true,
    only: ['jobs'],
    why: 'Whoever holds a lease is told apart from whoever lost it in one place.',
  },
  {
    what: 'rows of analysis',
    pattern:
      /\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(?:\w+\.)?(?:analysis_targets|analysis_runs|analysis_results|analysis_usage|historic_analysis_status)\b/,
    inStrings: true,
    only: ['analysis'],
    why: 'A result is written once, by whoever knows which run it is of.',
  },
  {
    what: 'the current time (Date.now, new Date())',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bnew Date\b(?!\s*\()/,
    inStrings: false,
    only: ['kernel'],
    why: 'Results may depend on the messages, the gap and the clock that was handed in, and on nothing else.',
  },
  {
    what: 'chance (Math.random)',
    pattern: /\bMath\.random\b/,
    inStrings: false,
    only: ['kernel'],
    why: 'A run that cannot be repeated cannot be repaired: take a seed.',
  },
  {
    what: 'timers (setTimeout, setInterval)',
    pattern: /\bset(?:Timeout|Interval)\b/,
    inStrings: false,
    only: ['kernel'],
    why: 'Every wait has a stated bound and can be driven by a test.',
  },
];

module.exports = { possessions };
