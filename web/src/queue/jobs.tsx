import { useState } from 'react';
import { chatList } from '../chats/list-model.ts';
import { asApiError, ask, order } from '../data/client.ts';
import type { Job } from '../data/types.ts';
import { usePages } from '../data/use-pages.ts';
import { MINUTE_MS, plural, span } from '../parts/format.ts';
import { useNowBy } from '../parts/now.ts';
import { Failed, Loading, More } from '../parts/states.tsx';
import { go, href } from '../shell/route.ts';
import { useFresh } from './use-fresh.ts';

const SHOWN = 30;
const STATES: Record<string, string> = { queued: 'Waiting', started: 'Running', failed: 'Failed' };

/** What goes on, and what waits for its turn. */
export function OpenJobs({ pausedUntil }: { pausedUntil: string | null }) {
  const jobs = usePages<Job>('jobs', { state: 'started,queued', limit: SHOWN });
  // Whoever has asked for more is not sent back to the first page.
  useFresh(jobs.reload, jobs.isLoading || jobs.items.length > SHOWN);
  // What goes on stands first; both are in the order in which they came.
  const items = [...jobs.items].sort((a, b) => Number(b.state === 'started') - Number(a.state === 'started'));
  return (
    <section className="card-box" aria-label="Running and waiting">
      <h2>Running and waiting</h2>
      {jobs.error !== null && items.length === 0 && <Failed error={jobs.error} onRetry={jobs.reload} />}
      {jobs.isLoading && items.length === 0 && <Loading what="jobs" lines={3} />}
      {!jobs.isLoading && items.length === 0 && <p className="faint">Nothing waits.</p>}
      <ul className="jobs">
        {items.map((job) => (
          <li key={job.id}>
            <JobLine job={job} isHeld={pausedUntil !== null && job.state === 'queued'} />
          </li>
        ))}
      </ul>
      {jobs.hasMore && <More onMore={jobs.more} />}
    </section>
  );
}

/** Dead letters: each can be tried again, or given up. */
export function FailedJobs() {
  const jobs = usePages<Job>('jobs', { state: 'failed', limit: SHOWN });
  const [said, setSaid] = useState('');
  // Whoever has asked for more is not sent back to the first page.
  useFresh(jobs.reload, jobs.isLoading || jobs.items.length > SHOWN);
  const decide = async (id: number, verb: 'retry' | 'discard') => {
    try {
      await order(`jobs/${id}/${verb}`);
      setSaid(verb === 'retry' ? 'It is tried again.' : 'It was given up.');
    } catch (error) {
      setSaid(asApiError(error).message);
    }
    jobs.reload();
  };
  return (
    <section className="card-box" aria-label="Failed for good">
      <h2>Failed for good</h2>
      {jobs.error !== null && jobs.items.length === 0 && <Failed error={jobs.error} onRetry={jobs.reload} />}
      {!jobs.isLoading && jobs.items.length === 0 && <p className="faint">None: whatever failed was tried again.</p>}
      <p role="status">{said}</p>
      <ul className="jobs">
        {jobs.items.map((job) => (
          <li key={job.id}>
            <JobLine job={job} isHeld={false} />
            <p className="job-actions">
              <button type="button" className="link-button" onClick={() => void decide(job.id, 'retry')}>
                Try again<span className="sr-only"> job {job.id}</span>
              </button>
              <button type="button" className="link-button" onClick={() => void decide(job.id, 'discard')}>
                Give up<span className="sr-only"> job {job.id}</span>
              </button>
            </p>
          </li>
        ))}
      </ul>
      {jobs.hasMore && <More onMore={jobs.more} />}
    </section>
  );
}

function JobLine({ job, isHeld }: { job: Job; isHeld: boolean }) {
  const { state, pass, kind, chatId, conversationId, attempts, failure } = job;
  const nowMs = useNowBy(MINUTE_MS / 6);
  const sinceMs = nowMs - Date.parse(job.finishedAt ?? job.startedAt ?? job.queuedAt);
  const chat = chatList.find(String(chatId));
  return (
    <p className="job">
      <span className={`chip job-${state}`}>{isHeld ? 'Paused' : (STATES[state] ?? state)}</span>
      <span className="job-what">
        {pass}
        {kind === 'live' && ', live'}
      </span>
      <a
        className="job-where"
        href={href('chats', chatId)}
        onClick={(click) => void toConversation(click, chatId, conversationId)}
      >
        {chat?.title ?? `Chat ${chatId}`}
      </a>
      <span className="job-since">{sinceMs < MINUTE_MS ? 'just now' : `${span(sinceMs)} ago`}</span>
      {failure !== null && (
        <span className="job-why">
          {failure.reason} ({failure.code}), after {plural(attempts, 'try', 'tries')}
        </span>
      )}
    </p>
  );
}

/** Where the conversation begins. */
async function toConversation(click: React.MouseEvent, chatId: number, conversation: number): Promise<void> {
  if (click.metaKey || click.ctrlKey) return;
  click.preventDefault();
  try {
    const { body } = await ask<{ firstMessage: string | null }>(`conversations/${conversation}`);
    go(href('chats', chatId, { at: body.firstMessage }));
  } catch {
    go(href('chats', chatId));
  }
}
