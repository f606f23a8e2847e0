// `npm run bench [-- --rounds N] [--quick]`: the agent beside its peers on this machine; writes docs/benchmark.md.
// `npm run bench -- at [--rounds N] [--lines N]`: the AT engine alone, beside splitting lines; writes nothing.
// `npm run bench -- framer [--rounds N]`: the GNSS framers alone, beside a bare CRC loop; writes nothing.
// `npm run bench -- outbox [--rounds N] [--seconds N]`: the outbox alone, beside bare appends; writes nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildAll, isFresh } from './build.mjs';
import { ensureTools } from './tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PEERS = ['bare.mjs', 'min.mjs', 'min-ntrip.mjs', 'bare-at.mjs', 'waymark-at.ts'];

const ALONE = { at: 'at-engine.mjs', framer: 'framer.mjs', outbox: 'outbox.mjs' };
const alone = ALONE[process.argv[2]];
if (alone) process.exit(await benchAlone(alone, process.argv.slice(3)));

ensureTools({ mosquitto: 'mosquitto', openssl: 'openssl', python3: 'python3' });
if (!isFresh()) await buildAll();

const work = mkdtempSync(join(tmpdir(), 'waymark-peers-'));
let status = 1;
try {
  // The serial binding looks for its prebuilt files one folder above the bundle.
  const binding = dirname(createRequire(import.meta.url).resolve('@serialport/bindings-cpp/package.json'));
  symlinkSync(join(binding, 'prebuilds'), join(work, 'prebuilds'));
  const peers = join(work, 'lib');
  await build({
    entryPoints: PEERS.map((name) => join(root, 'bench/peers', name)).filter(existsSync),
    outdir: peers,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    logLevel: 'error',
  });
  const run = spawnSync(
    'python3',
    [
      join(root, 'bench/run.py'),
      ...['--node', process.execPath, '--waymark', join(root, 'dist/waymark.cjs'), '--peers', peers],
      ...['--document', join(root, 'docs/benchmark.md'), ...process.argv.slice(2)],
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
  );
  status = run.status ?? 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exit(status);

async function benchAlone(name, options) {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
  try {
    const outfile = join(folder, 'bench.cjs');
    await build({
      entryPoints: [join(root, 'bench', name)],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'error',
    });
    return spawnSync(process.execPath, ['--expose-gc', outfile, ...options], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
