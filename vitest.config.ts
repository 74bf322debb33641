import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/web/set-up.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Most of the time is spent waiting for processes of their own: one worker a core, where the default leaves one out.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for takes its time on a machine that is busy; a second, as is the default, is none.
    expect: { poll: { timeout: 15_000 } },
  },
});
