import { defineConfig } from 'vitest/config';
import { bundleSources, isWanted, NATIVE, nativeSources } from './test/native-sources.js';

if (isWanted) await bundleSources();

interface Manner {
  exclude?: string[];
  isolate?: boolean;
  /** Whole agents in real time: they come after everything that only needs a processor. */
  isWhole?: boolean;
  /** The sources come through the runner's own loader, not as Node loads them (test/native-sources.ts). */
  isMocking?: boolean;
}

const project = (
  name: string,
  include: string[],
  { exclude = [], isolate = true, isWhole = false, isMocking = false }: Manner = {},
) => ({
  plugins: isWanted && !isMocking ? [nativeSources] : [],
  test: {
    ...{ name, include, exclude, isolate, server: { deps: { external: NATIVE } } },
    ...{ testTimeout: isWhole ? 60_000 : 30_000, hookTimeout: 30_000, sequence: { groupOrder: isWhole ? 1 : 0 } },
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
      project('unit', ['test/**/*.test.ts'], {
        exclude: ['test/recordings/**', 'test/scenarios/**', 'test/interop/**', 'node_modules/**', ...SHARED],
      }),
      project('alone', ALONE),
      project('shared', SHARED, { exclude: [...ALONE, ...MOCKING], isolate: false }),
      project('scenarios', ['test/scenarios/**/*.test.ts'], { exclude: MOCKING, isWhole: true }),
      project('interop', ['test/interop/**/*.test.ts'], { isWhole: true }),
      project('mocking', MOCKING, { isWhole: true, isMocking: true }),
      // A project of its own: a stranger's clone does not have them.
      project('recordings', ['test/recordings/**/*.test.ts']),
    ],
  },
});
