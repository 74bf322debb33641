import type { Status } from '../data/types.ts';
import { bytes, count } from '../parts/format.ts';

/** How relaying to Redis goes, where it is used. */
export function RedisCard({ redis: { isConnected, lag, server, problems } }: { redis: NonNullable<Status['redis']> }) {
  const facts = [
    ['Connection', isConnected ? 'there' : 'away; it is tried again'],
    ['Events that have not arrived', count(lag)],
    ...(server === null
      ? []
      : [
          ['Stream', `${count(server.stream.length)} entries, ${bytes(server.stream.bytes)}`],
          ...server.stream.groups.map(({ name, pending }) => [`Group ${name}`, `${count(pending)} not acknowledged`]),
          ['Tracker', `${count(server.tracker.chats)} chats, ${bytes(server.tracker.bytes)}`],
          ['Memory', bytes(server.memory.usedBytes)],
        ]),
  ];
  return (
    <section className="card-box">
      <h2>Redis</h2>
      <dl className="fact-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {problems.map(({ code, text }) => (
        <p key={code} className="note note-bad">
          {text}
        </p>
      ))}
    </section>
  );
}
