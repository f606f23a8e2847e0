// Files that are made from the sources: written, or with `--check` compared.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Pairs of a path in the repository and its text; `command` is what to run when one is stale. */
export async function writeOrCheck(outputs, command) {
  const checkOnly = process.argv.includes('--check');
  for (const [name, text] of outputs) {
    const path = resolve(root, name);
    if ((await readFile(path, 'utf8').catch(() => undefined)) === text) continue;
    if (checkOnly) {
      process.stderr.write(`${name} is stale: run ${command}\n`);
      process.exitCode = 1;
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    process.stderr.write(`wrote ${name}\n`);
  }
}
