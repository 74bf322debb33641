import type { Health, Status } from './schemas/index.ts';

/** Longer than this from noticing to commit is worth a word, in milliseconds. */
const SLOW_MS = 2_000;
/** Tasks of one lane that wait; more are worth a word. */
const MANY_WAITING = 100;

type Check = Health['checks'][number];

/** What a person wants to know first, in the order in which it matters. */
export function healthOf(status: Status): Health {
  const checks = [
    store(status),
    following(status),
    lag(status),
    queue(status),
    redis(status),
    setAside(status),
    index(status),
  ].filter((found) => found !== null);
  const states = checks.map(({ state }) => state);
  return { state: states.includes('failed') ? 'failed' : states.includes('warning') ? 'warning' : 'ok', checks };
}

function check(name: string, state: Check['state'], text: string, hint: string | null = null): Check {
  return { name, state, text, hint };
}

function store({ store: held, import: running }: Status): Check {
  if (held !== null) return check('store', 'ok', `${held.counts.messages} messages`);
  if (running !== null) return check('store', 'ok', 'the first import is running');
  return check('store', 'warning', 'there is no store yet', 'It is made by the first import.');
}

function following({ state, problems }: Status): Check {
  if (state === 'live') return check('following', 'ok', 'up to date');
  if (state === 'source-missing') {
    const hint =
      'See that the database is at its place and that this program may read it (on a Mac: Full Disk Access).';
    return check('following', 'failed', 'the database of Messages is not there', hint);
  }
  if (state === 'restarting' || state === 'stopped') {
    const last = problems.at(-1);
    return check('following', 'failed', last === undefined ? state : `${state}: ${last.text} (${last.code})`);
  }
  return check('following', state === 'idle' ? 'warning' : 'ok', state);
}

function lag({ following: live }: Status): Check {
  const slowest = live?.slowestLagMs ?? null;
  if (slowest === null) return check('lag', 'ok', 'nothing came yet');
  const text = `${slowest} ms at most from noticing a change to its commit, of the last hundred`;
  return check('lag', slowest > SLOW_MS ? 'warning' : 'ok', text);
}

function queue({ waiting }: Status): Check {
  const most = Math.max(0, ...Object.values(waiting));
  return check('queue', most > MANY_WAITING ? 'warning' : 'ok', `${most} tasks wait for the writer`);
}

/** Events that may be on their way while all is well. */
const MANY_BEHIND = 10_000;

/** Nothing where nothing is relayed. */
function redis({ redis: relayed }: Status): Check | null {
  if (relayed === null) return null;
  const { isConnected, lag, problems } = relayed;
  const worst = problems.at(-1);
  if (!isConnected) {
    const hint =
      'Nothing is lost: events and jobs are sent when it is there again. Is the server running, and the URL right?';
    return check('redis', 'warning', worst?.text ?? 'Redis is not connected yet', hint);
  }
  if (worst !== undefined) return check('redis', 'warning', worst.text, `docs/errors.md tells more of ${worst.code}.`);
  return check('redis', lag > MANY_BEHIND ? 'warning' : 'ok', `${lag} events behind`);
}

function setAside({ store: held }: Status): Check {
  const rows = held?.counts.quarantined ?? 0;
  if (rows === 0) return check('quarantine', 'ok', 'nothing was set aside');
  return check('quarantine', 'warning', `${rows} rows are set aside`, 'chatstats quarantine lists them, with reasons.');
}

function index({ store: held }: Status): Check {
  const waiting = held?.searchIndex.waiting ?? 0;
  return check('search', 'ok', waiting === 0 ? 'the index is complete' : `${waiting} messages are not indexed yet`);
}
