import type { Pass } from '../../pass.ts';
import type { LlmSettings } from './settings.ts';

export function llmPass(_settings: LlmSettings): Pass {
  throw new Error('to come');
}
