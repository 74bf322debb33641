import { useState } from 'react';
import { useStatus } from '../data/status.ts';
import type { MetricsSample, Status } from '../data/types.ts';
import { useMetrics } from '../live/page-stream.ts';
import { bytes, count, MINUTE_MS, msOf, percent, span, when } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { useNowBy } from '../parts/now.ts';
import { Failed, Loading } from '../parts/states.tsx';
import { Doctor } from './doctor.tsx';
import { Quarantine } from './quarantine.tsx';

/** Whether all is well: what doctor says, how far following is, what waits, and what was set aside. */
export function HealthView() {
  const { value: status, error } = useStatus();
  return (
    <div className="page scroll">
      <div className="page-column page-wide">
        <h1 className="page-title">Health</h1>
        <Doctor />
        {status === null && error !== null && <Failed error={error} onRetry={() => location.reload()} />}
        {status === null && error === null && <Loading what="the state" />}
        {status !== null && (
          <div className="cards">
            <Following status={status} />
            <Store status={status} />
            <Machine status={status} />
            <Caches status={status} />
            <Problems status={status} />
            <Quarantine rows={status.store?.quarantine ?? []} />
          </div>
        )}
      </div>
    </div>
  );
}

type Fact = readonly [name: string, value: string | null];

function Card({ title, facts }: { title: string; facts: readonly Fact[] }) {
  return (
    <section className="card-box">
      <h2>{title}</h2>
      <dl className="fact-list">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

function Following({ status: { following, state } }: { status: Status }) {
  const nowMs = useNowBy(MINUTE_MS / 6);
  const ago = (iso: string | null) => {
    const ms = msOf(iso);
    return ms === null ? null : nowMs - ms < MINUTE_MS ? 'just now' : `${span(nowMs - ms)} ago`;
  };
  const lag = (ms: number | null) => (ms === null ? null : ms < 1_000 ? `${Math.round(ms)} ms` : span(ms));
  return (
    <Card
      title="Following Messages"
      facts={[
        ['State', state],
        ['Lag of the last change', lag(following?.lagMs ?? null)],
        ['Slowest of the last hundred', lag(following?.slowestLagMs ?? null)],
        ['Read up to message', following === null ? null : count(following.lastMessageRowid)],
        ['Read up to attachment', following === null ? null : count(following.lastAttachmentRowid)],
        ['Last read to the end', ago(following?.lastReadAt ?? null)],
        ['Last compared as a whole', ago(following?.lastSweepAt ?? null)],
        ['Wake-ups', following === null ? null : count(following.wakes)],
        ['Batches', following === null ? null : count(following.batches)],
        ['Started over', following === null ? null : count(following.restarts)],
      ]}
    />
  );
}

function Store({ status: { store } }: { status: Status }) {
  if (store === null) return null;
  const { counts, searchIndex } = store;
  return (
    <Card
      title="Store"
      facts={[
        ['Messages', count(counts.messages)],
        ['Conversations', count(counts.conversations)],
        ['Chats', count(counts.chats)],
        ['People', count(counts.contacts)],
        ['Reactions', count(counts.reactions)],
        ['Attachments', count(counts.attachments)],
        ['Size', bytes(store.bytes)],
        ['Gap of a conversation', store.gapMinutes === null ? null : `${store.gapMinutes} min`],
        ['Search index', searchIndex.complete ? 'complete' : `${count(searchIndex.waiting)} messages to go`],
      ]}
    />
  );
}

function Machine({ status }: { status: Status }) {
  const [sample, setSample] = useState<MetricsSample | null>(null);
  useMetrics(setSample);
  const nowMs = useNowBy(MINUTE_MS);
  const waiting = Object.values(sample?.waiting ?? status.waiting).reduce((sum, tasks) => sum + tasks, 0);
  return (
    <Card
      title="Program"
      facts={[
        ['Version', status.version],
        ['Running since', when(Date.parse(status.startedAt), nowMs)],
        ['Memory', sample === null ? null : bytes(sample.memoryBytes)],
        ['Tasks that wait for the writer', count(waiting)],
        ['Last event', count(sample?.lastEvent ?? status.lastEvent)],
        ['Pages and programs that listen', count(sample?.clients ?? status.streams.clients)],
        ['Cut off for being slow', count(status.streams.cutOff)],
        ...status.consumers.map(
          ({ name, lag }): Fact => [`Reader ${name}`, lag === 0 ? 'up to date' : `${count(lag)} behind`],
        ),
      ]}
    />
  );
}

function Caches({ status: { following } }: { status: Status }) {
  const caches = Object.entries(following?.caches ?? {});
  if (caches.length === 0) return null;
  return (
    <Card
      title="Caches"
      facts={caches.map(([name, { lookUps, hitRate }]) => [
        name,
        lookUps === 0 ? 'not asked yet' : `${percent(hitRate)} of ${count(lookUps)} found`,
      ])}
    />
  );
}

function Problems({ status: { problems } }: { status: Status }) {
  const nowMs = useNowBy(MINUTE_MS);
  if (problems.length === 0) return null;
  return (
    <section className="card-box">
      <h2>Problems</h2>
      <ul className="checks">
        {problems.map(({ code, text, lastAt, times }) => (
          <li key={code} className="check is-warning">
            <Icon name="warn" size={18} />
            <span>
              {text}
              <span className="check-hint">
                {code}, {when(Date.parse(lastAt), nowMs)}
                {times > 1 && `, ${count(times)} times`}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
