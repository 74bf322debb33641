import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Most of the time is spent waiting for processes of their own: one worker a core, where the default leaves one out.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for takes its time on a machine that is busy; a second, as is the default, is none.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      // A process for each file would spend a minute on starts and on loading the same modules; what is tested here keeps no state.
      { extends: true, test: { name: 'rooms', include: ['src/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: { name: 'program', include: ['test/**/*.test.ts'], globalSetup: ['test/web/set-up.ts'] },
      },
    ],
  },
});
