/** How many checks or tests passed and failed. */
export type Tally = { passed: number; failed: number };

/** What is used here of vitest's JSON report. */
type Report = {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

/**
 * Counts a run of vitest from its JSON report (null when it wrote none) and its exit code. A file that could not be
 * loaded counts as one failure, and so does a run that ended badly for another reason (an error after the last test) or
 * that ran no test: nothing may look like success by not having happened.
 */
export function countTests(json: string | null, exitCode: number | null): Tally {
  if (json === null) return { passed: 0, failed: 1 };
  const report = JSON.parse(json) as Report;
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + unloaded.length;
  const endedBadly = exitCode !== 0 || passed === 0;
  return { passed, failed: failed === 0 && endedBadly ? 1 : failed };
}
