// `npm test`: provides its tools, builds, and runs every test that this checkout can run.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll, isFresh } from './build.mjs';
import { ensureTools } from './tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const data = process.env.WAYMARK_DATA ?? resolve(root, '../shared/data');
const recordings = existsSync(join(data, 'spartn-eu-continental-99frames.bin'));

ensureTools();
if (!isFresh()) await buildAll({ warm: false });

const projects = ['unit', 'alone', 'shared', 'scenarios', 'interop', 'mocking', ...(recordings ? ['recordings'] : [])];
const result = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...projects.flatMap((name) => ['--project', name]),
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, WAYMARK_DATA: data },
  },
);
if (!recordings) {
  if (process.env.WAYMARK_REQUIRE_RECORDINGS === '1') {
    process.stderr.write(`recordings are required but absent: ${data}\n`);
    process.exit(1);
  }
  const folder = join(root, 'test/recordings');
  const count = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8').match(/^\s*(?:test|it)(?:\.each)?\(/gm)?.length ?? 0)
    .reduce((a, b) => a + b, 0);
  process.stdout.write(`recordings absent: ${count} tests are not part of this run\n`);
}
process.exit(result.status ?? 1);
