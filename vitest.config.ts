import { defineConfig } from 'vitest/config';

// Recordings are a project of their own: a stranger's clone does not have them.
const project = (name: string, include: string[], exclude: string[] = []) => ({
  test: { name, include, exclude, testTimeout: 30_000, hookTimeout: 30_000 },
});

export default defineConfig({
  test: {
    // One more than the processors of the usual runner: scenarios mostly wait.
    maxWorkers: 3,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/index.ts', 'src/cli/**'],
      reporter: ['text-summary', 'json-summary'],
    },
    projects: [
      project(
        'unit',
        ['test/**/*.test.ts'],
        ['test/recordings/**', 'test/scenarios/**', 'test/interop/**', 'node_modules/**'],
      ),
      project('scenarios', ['test/scenarios/**/*.test.ts']),
      project('interop', ['test/interop/**/*.test.ts']),
      project('recordings', ['test/recordings/**/*.test.ts']),
    ],
  },
});
