// Lets the tests load the sources as Node itself does: what they import from src is bundled once (a second) into
// `dist-test`, in files that share what they share, and comes from there. Through the test runner's own loader each of
// some four hundred files paid more for its imports than for its tests. Off while watching and for coverage, which want src.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'vite';

const root = resolve(import.meta.dirname, '..');
const sources = join(root, 'src') + sep;
const tests = join(root, 'test') + sep;
const made = join(root, 'dist-test') + sep;

export const isWanted = process.argv.includes('run') && !process.argv.some((each) => each.startsWith('--coverage'));

/** The file of src that `id` means in `importer`, if it means one. */
function sourceOf(id: string, importer: string): string | undefined {
  if (!id.startsWith('.') || !id.endsWith('.js')) return undefined;
  const file = resolve(dirname(importer), id);
  return file.startsWith(sources) ? file.replace(/\.js$/, '.ts') : undefined;
}

/** Whatever a file under test names in an import, of types alone or not. */
function entries(): string[] {
  const found = new Set<string>();
  for (const name of readdirSync(tests, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const importer = join(tests, name);
    for (const [, id] of readFileSync(importer, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const source = sourceOf(id ?? '', importer);
      if (source !== undefined) found.add(source);
    }
  }
  return [...found].sort();
}

let bundled = new Set<string>();

/** Makes `dist-test` anew, so that nothing of an earlier checkout is left in it. */
export async function bundleSources(): Promise<void> {
  rmSync(made, { recursive: true, force: true });
  bundled = new Set(entries());
  await build({
    entryPoints: [...bundled],
    outbase: sources,
    outdir: made,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

/** For vitest: what is imported from src comes from `dist-test`, never from both. */
export const nativeSources: Plugin = {
  name: 'waymark:native-sources',
  enforce: 'pre',
  resolveId(id, importer) {
    // A test that loads sources by names it found has them, and what they import, from src.
    if (importer?.startsWith(tests) !== true) return null;
    const source = sourceOf(id, importer);
    if (source === undefined) return null;
    if (!bundled.has(source)) throw new Error(`${importer} imports ${id} in a way that test/native-sources.ts misses`);
    return made + source.slice(sources.length).replace(/\.ts$/, '.js');
  },
};

/** Vitest's setting that leaves them to Node. */
export const NATIVE = [/\/dist-test\//];
