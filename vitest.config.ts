import { defineConfig } from 'vitest/config';
import { bundleSources, isWanted, NATIVE, nativeSources } from './test/native-sources.js';

if (isWanted) await bundleSources();
/** What most projects share: the sources as Node loads them (test/native-sources.ts). */
const native = isWanted ? { plugins: [nativeSources] } : {};
const server = isWanted ? { deps: { external: NATIVE } } : {};

// Recordings are a project of their own: a stranger's clone does not have them.
const project = (name: string, include: string[], exclude: string[] = [], isolate = true) => ({
  ...native,
  test: {
    name,
    include,
    exclude,
    isolate,
    server,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    sequence: { groupOrder: 0 },
  },
});
/** Whole agents in real time: they come after everything that only needs a processor. */
const whole = (name: string, include = [`test/${name}/**/*.test.ts`], exclude: string[] = []) => ({
  test: { name, include, exclude, testTimeout: 60_000, hookTimeout: 30_000, sequence: { groupOrder: 1 } },
});
const wholeNative = (name: string) => {
  const { test } = whole(name, undefined, MOCKING);
  return { ...native, test: { ...test, server } };
};

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
/** Its texts are scrubbed of secrets that other files make up. */
const ALONE = ['test/services/devicewise/link.test.ts'];
/** These put a part of the sources out of the way, which only the runner's own loader can. */
const MOCKING = ['test/modem/data-path.test.ts', 'test/scenarios/an-ended-delivery-is-said.test.ts'];

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
      project('shared', SHARED, [...ALONE, ...MOCKING], false),
      wholeNative('scenarios'),
      wholeNative('interop'),
      whole('mocking', MOCKING),
      project('recordings', ['test/recordings/**/*.test.ts']),
    ],
  },
});
