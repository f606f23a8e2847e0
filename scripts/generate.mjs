// Makes every document that is made from code anew; with `--check` only says which is stale. `npm run generate`.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** One script a document; each knows `--check` and ends with 1 when its document is stale. */
const MAKERS = ['schema', 'api', 'errors', 'cli-reference', 'doctor', 'metrics', 'transcripts'];

const args = process.argv.includes('--check') ? ['--check'] : [];
const failed = MAKERS.filter((name) => {
  const { status } = spawnSync(process.execPath, [join(here, `${name}.mjs`), ...args], { stdio: 'inherit' });
  return status !== 0;
});
if (failed.length > 0) {
  process.stderr.write(`stale or not made: ${failed.join(', ')}. \`npm run generate\` makes them anew.\n`);
  process.exit(1);
}
