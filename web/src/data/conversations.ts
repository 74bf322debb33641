import { useEffect, useSyncExternalStore } from 'react';
import { pageStream } from '../live/page-stream.ts';
import { ask } from './client.ts';
import type { AnalysisResult, Conversation } from './types.ts';

/** `analysis`: what passes found in it; undefined as long as that was not asked for. */
export type KnownConversation = Conversation & { analysis?: AnalysisResult[] };

/**
 * What is known of conversations, by id: asked for when one is looked at for longer than a glance, so that a fast
 * scroll asks for nothing, and again when an event names it.
 */
const known = new Map<number, KnownConversation>();
const watched = new Map<number, Set<() => void>>();
const GLANCE_MS = 90;
const MOST_KNOWN = 2_000;

pageStream.onEvent(({ type, data }) => {
  // Of analysis too: that a result is there, or that another one is on its way.
  if (!/^(?:conversation|analysis)_/.test(type) || typeof data.conversationId !== 'number') return;
  const id = data.conversationId;
  if (watched.has(id)) void load(id);
  else known.delete(id);
});
pageStream.onReset(() => {
  known.clear();
  for (const id of watched.keys()) void load(id);
});

/** Takes over conversations that came with another answer. */
export function learn(conversations: readonly Conversation[]): void {
  for (const conversation of conversations) {
    const analysis = known.get(conversation.id)?.analysis;
    keep(analysis === undefined ? conversation : { ...conversation, analysis });
  }
}

function keep(conversation: KnownConversation): void {
  if (known.size > MOST_KNOWN) known.clear();
  known.set(conversation.id, conversation);
  for (const listener of watched.get(conversation.id) ?? []) listener();
}

async function load(id: number): Promise<void> {
  try {
    const { body } = await ask<KnownConversation>(`conversations/${id}`);
    keep(body);
  } catch {
    // It may be gone by now: then its messages tell so.
  }
}

export function useConversation(id: number): KnownConversation | null {
  const conversation = useSyncExternalStore(
    (listener) => {
      const listeners = watched.get(id) ?? new Set();
      listeners.add(listener);
      watched.set(id, listeners);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) watched.delete(id);
      };
    },
    () => known.get(id) ?? null,
  );
  const isUnknown = conversation?.analysis === undefined;
  useEffect(() => {
    if (!isUnknown) return;
    const timer = setTimeout(() => void load(id), GLANCE_MS);
    return () => clearTimeout(timer);
  }, [id, isUnknown]);
  return conversation;
}
