import { chatList } from '../chats/list-model.ts';
import type { KnownConversation } from '../data/conversations.ts';
import { count, span } from '../parts/format.ts';
import { type Finding, factsOf, type Stats, type Summary, strength } from './findings.ts';

/** What passes found in a conversation: what a model says of it first, then the numbers, then whatever else there is. */
export function FindingsPanel({
  id,
  conversation,
  findings,
}: {
  id: string;
  conversation: KnownConversation;
  findings: readonly Finding[];
}) {
  const nameOf = namesIn(conversation.chatId);
  const inOrder = [...findings].sort((a, b) => ORDER.indexOf(a.shape) - ORDER.indexOf(b.shape));
  return (
    <section id={id} className="findings" aria-label="What was found in this conversation">
      {inOrder.map((finding) => (
        <article key={finding.pass} className="found-by">
          <h4>
            {TITLES[finding.pass] ?? finding.pass}
            <Staleness finding={finding} />
          </h4>
          <Value finding={finding} nameOf={nameOf} />
        </article>
      ))}
    </section>
  );
}

const ORDER: readonly Finding['shape'][] = ['summary', 'stats', 'other'];
const TITLES: Record<string, string> = { llm: 'In short', 'conversation-stats': 'In numbers' };

type NameOf = (id: string | null) => string;

/** Results name people by an address, or as "me". */
function namesIn(chatId: number): NameOf {
  const people = chatList.find(String(chatId))?.participants ?? [];
  const names = new Map(people.map(({ name, address }) => [address, name ?? address]));
  return (id) => (id === 'me' ? 'You' : id === null ? 'Somebody' : (names.get(id) ?? id));
}

/** Why, is said below. What is looked at again may turn out to stand as it is. */
function Staleness({ finding: { isStale, isPending } }: { finding: Finding }) {
  if (!isStale && !isPending) return null;
  return <span className="chip chip-stale">{isStale ? 'Out of date' : 'Being looked at again'}</span>;
}

function Value({ finding, nameOf }: { finding: Finding; nameOf: NameOf }) {
  return (
    <>
      {finding.why !== null && (
        <p className="found-why">
          {finding.why}
          {finding.isPending ? '; it is being looked at again.' : '.'}
        </p>
      )}
      {finding.shape === 'summary' && <InShort {...finding.value} nameOf={nameOf} />}
      {finding.shape === 'stats' && <InNumbers stats={finding.value} nameOf={nameOf} />}
      {finding.shape === 'other' && <pre className="found-raw">{JSON.stringify(finding.value, null, 1)}</pre>}
    </>
  );
}

function InShort({ summary, topics, entities, emotions, nameOf }: Summary & { nameOf: NameOf }) {
  return (
    <>
      <p className="found-summary" dir="auto">
        {summary}
      </p>
      <Words label="Topics" words={topics} />
      <Words label="Named" words={entities.map(({ name }) => name)} />
      {emotions.length > 0 && (
        <ul className="found-feelings" aria-label="Feelings">
          {emotions.map(({ person, emotion, intensity }) => (
            <li key={`${person} ${emotion}`}>
              <b>{nameOf(person)}</b>: {strength(intensity)} {emotion}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Words({ label, words }: { label: string; words: readonly string[] }) {
  if (words.length === 0) return null;
  return (
    <ul className="found-words" aria-label={label}>
      {[...new Set(words)].map((word) => (
        <li key={word} className="chip" dir="auto">
          {word}
        </li>
      ))}
    </ul>
  );
}

function InNumbers({ stats, nameOf }: { stats: Stats; nameOf: NameOf }) {
  return (
    <>
      <dl className="found-facts">
        {factsOf(stats, nameOf).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <table className="found-people">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Messages</th>
            <th scope="col">Words</th>
            <th scope="col">Answers in</th>
          </tr>
        </thead>
        <tbody>
          {stats.people.map(({ id, messages, words, answers }) => (
            <tr key={id ?? ''}>
              <th scope="row">{nameOf(id)}</th>
              <td>{count(messages)}</td>
              <td>{count(words)}</td>
              <td>{answers.medianMs === null ? '–' : span(answers.medianMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
