import { defineConfig } from 'vitest/config';

// Recordings are a project of their own: a stranger's clone does not have them.
const project = (name: string, include: string[], exclude: string[] = [], isolate = true) => ({
  test: { name, include, exclude, isolate, testTimeout: 30_000, hookTimeout: 30_000, sequence: { groupOrder: 0 } },
});
/** Whole agents in real time: they come after everything that only needs a processor. */
const whole = (name: string) => ({
  test: {
    ...{ name, include: [`test/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 30_000 },
    sequence: { groupOrder: 1 },
  },
});

// These keep nothing in their modules that another file would notice, so a worker loads the sources once for all of them:
// loading them anew for each file took as long as the tests. One that does notice is named beside them.
const SHARED = [
  'devicewise',
  'gnss',
  'golden',
  'location',
  'modem',
  'mqtt',
  'net',
  'outbox',
  'services',
  'sim',
  'ztp',
].map((room) => `test/${room}/**/*.test.ts`);
/** The texts of one are scrubbed of secrets that other files make up; the other counts what is done once a process. */
const ALONE = ['test/services/devicewise/link.test.ts', 'test/modem/data-path.test.ts'];

export default defineConfig({
  test: {
    // Two more than the processors of the usual runner: scenarios and judges mostly wait.
    maxWorkers: 4,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The page's script runs in a browser, where this does not look.
      exclude: ['src/**/index.ts', 'src/cli/**', 'src/status/page/browser/**'],
      reporter: ['text-summary', 'json-summary'],
    },
    projects: [
      project(
        'unit',
        ['test/**/*.test.ts'],
        ['test/recordings/**', 'test/scenarios/**', 'test/interop/**', 'node_modules/**', ...SHARED],
      ),
      project('alone', ALONE),
      project('shared', SHARED, ALONE, false),
      whole('scenarios'),
      whole('interop'),
      project('recordings', ['test/recordings/**/*.test.ts']),
    ],
  },
});
