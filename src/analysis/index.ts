/**
 * What is found in conversations. A pass looks at one conversation and says something about it; which passes there are is
 * configuration. The store is the truth about what is to be computed: a target says that the result of a pass for a
 * conversation is to be kept up to date, a run that a content is being analysed, a result what came of it, and of which
 * content. Jobs are hints, made again from these whenever they are lost.
 *
 * Promised: one result for each content in effect, whatever is cut off where; a result of an older run never takes the
 * place of a newer one's; live and batch results stand side by side; what no longer says what the conversation says is
 * marked as stale, and computed again. Not promised: that a pass is run only once for a content.
 */
export { contentFingerprint } from './fingerprint.ts';
export { discardLetters, type Letters, retryLetters } from './letters.ts';
export { JOB_LIMITS, LIVE_AFTER_MS, LIVE_MOST_MS } from './limits.ts';
export { type LoadedPass, loadPasses, type PassSettings } from './load-passes.ts';
export { AnalysisLoop, type LoopOptions } from './loop.ts';
export type { Pass, PassContext, PassInfo, Usage } from './pass.ts';
export { PassThread } from './pass-thread.ts';
export { isOnThisMachine, type LlmSettings } from './passes/llm/settings.ts';
export { cancelPlans, type PlanForecast, type PlanScope } from './plans.ts';
export { type Prepared, prepare, type Wanted } from './prepare.ts';
export { Analysis, type AnalysisOptions, type PassDesk } from './service.ts';
export { type AnalysisPayload, type AnalysisResult, PassRuns } from './work.ts';
