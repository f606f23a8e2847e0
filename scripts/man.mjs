// The manual page and the completion scripts, printed by the built program itself: `writeManual(dir)` puts them where a
// Debian system looks. On its own: `node scripts/man.mjs DIR`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const FILES = [
  ['usr/share/man/man1/waymark.1.gz', ['manual']],
  ['usr/share/bash-completion/completions/waymark', ['completion', 'bash']],
  ['usr/share/zsh/vendor-completions/_waymark', ['completion', 'zsh']],
  ['usr/share/fish/vendor_completions.d/waymark.fish', ['completion', 'fish']],
];

/** Best compression, no name and no time inside. */
export const packed = (text) => gzipSync(text, { level: 9 });

export function writeManual(tree, dist = join(root, 'dist')) {
  for (const [file, args] of FILES) {
    const done = spawnSync(process.execPath, [join(dist, 'waymark.cjs'), ...args], { maxBuffer: 1 << 24 });
    if (done.status !== 0) throw new Error(`waymark ${args.join(' ')}: ${done.status} ${done.stderr}`);
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), file.endsWith('.gz') ? packed(done.stdout) : done.stdout);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeManual(resolve(process.argv[2] ?? 'dist/share'));
