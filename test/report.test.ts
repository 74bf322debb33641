import { describe, expect, it } from 'vitest';
import { countTests } from './report.ts';

function report(passed: number, failed: number, files: { status: string; tests: string[] }[] = []): string {
  const testResults = files.map(({ status, tests }) => ({
    status,
    assertionResults: tests.map((test) => ({ status: test })),
  }));
  return JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults });
}

describe('counting a run of the tests', () => {
  it('counts what passed and what failed', () => {
    expect(countTests(report(7, 0), 0)).toEqual({ passed: 7, failed: 0 });
    const files = [{ status: 'failed', tests: ['passed', 'failed', 'failed'] }];
    expect(countTests(report(1, 2, files), 1)).toEqual({ passed: 1, failed: 2 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    expect(countTests(report(7, 0, [{ status: 'failed', tests: [] }]), 1)).toEqual({ passed: 7, failed: 1 });
  });

  it('counts a file whose tests passed but whose clean-up failed as a failure', () => {
    expect(countTests(report(1, 0, [{ status: 'failed', tests: ['passed'] }]), 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('counts a run that ended badly although every test passed as a failure', () => {
    expect(countTests(report(7, 0), 1)).toEqual({ passed: 7, failed: 1 });
    expect(countTests(report(7, 0), null)).toEqual({ passed: 7, failed: 1 });
  });

  it('counts a run without tests, or without a report, as a failure', () => {
    expect(countTests(report(0, 0), 0)).toEqual({ passed: 0, failed: 1 });
    expect(countTests(null, 0)).toEqual({ passed: 0, failed: 1 });
  });
});
