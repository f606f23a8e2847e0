// Builds what ships: one CommonJS bundle for the device behind a small loader with a V8 code cache, a second bundle
// with the simulators, and the serial binding's prebuilt files where the bundle looks for them.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildPage } from './page.mjs';
import { writeBillOfMaterials } from './sbom.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);

const LOADER = `#!/usr/bin/env node
'use strict';
// Runs lib/waymark.cjs from V8's code cache when this Node made or accepts it: half the load time on a small board.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
// A heap that grows slowly after a burst; part of what the cache depends on, so it comes first.
v8.setFlagsFromString('--semi-space-growth-factor=1');
const file = join(__dirname, 'lib', 'waymark.cjs');
const cacheFile = file + '.' + process.arch + '.' + process.versions.v8 + '.cache';
// The file is a function expression in ASCII: read as one byte a character, it is not copied again.
const source = readFileSync(file, 'latin1');
let cachedData;
try { cachedData = readFileSync(cacheFile); } catch { cachedData = undefined; }
const script = new vm.Script(source, { filename: file, cachedData });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, file, dirname(file));
if (process.env.WAYMARK_WRITE_CODE_CACHE === '1') {
  process.on('exit', () => {
    writeFileSync(cacheFile + '.tmp', script.createCachedData(), { mode: 0o644 });
    renameSync(cacheFile + '.tmp', cacheFile);
  });
}
`;

/** The commit's time, so that two builds of one commit are the same file. */
function buildTimeMs() {
  if (process.env.SOURCE_DATE_EPOCH) return Number(process.env.SOURCE_DATE_EPOCH) * 1000;
  try {
    return (
      Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })) *
      1000
    );
  } catch {
    return statSync(join(root, 'package.json')).mtimeMs;
  }
}

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}

/** The logger's worker transports are never used here; their module would load worker threads at every start. */
const withoutLogWorkers = {
  name: 'without-log-workers',
  setup(bundler) {
    bundler.onResolve({ filter: /\/transport$/ }, ({ importer }) =>
      /node_modules\/pino\//.test(importer) ? { path: join(root, 'scripts/stubs/empty.cjs') } : undefined,
    );
    bundler.onResolve({ filter: /^worker_threads$/ }, () => ({ path: join(root, 'scripts/stubs/main-thread.cjs') }));
  },
};

/** True when dist/ is at least as new as every source. */
export function isFresh() {
  const stamp = join(dist, '.built');
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return built >= newest(join(root, 'src')) && built >= statSync(fileURLToPath(import.meta.url)).mtimeMs;
}

/**
 * Runs the program so that V8's cache holds the functions a gateway really uses. With `warm` that is a whole (simulated)
 * start with either way of delivery, fifteen seconds; otherwise just enough to print the version.
 */
function makeCodeCache(warm) {
  const work = mkdtempSync(join(tmpdir(), 'waymark-build-'));
  const run = (...args) =>
    spawnSync(process.execPath, [join(dist, 'waymark.cjs'), ...args], {
      env: { ...process.env, WAYMARK_WRITE_CODE_CACHE: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  // Each way of delivery adds its own functions to what is there already.
  const runs = warm
    ? ['ntrip', 'mqtt'].map((way) => ['demo', '--source', way, '--for', '7s', '--json'])
    : [['version', '--json']];
  for (const [verb, ...args] of runs) {
    const done = run(verb, ...args, ...(warm ? ['--state-dir', join(work, args[1])] : []));
    // A machine too slow to serve within the time still leaves a good cache behind.
    if (done.status !== 0 && done.status !== 75) throw new Error(`the built program does not run: ${done.status}`);
  }
  rmSync(work, { recursive: true, force: true });
  // Whoever runs it must be able to read the cache that root made.
  for (const name of readdirSync(join(dist, 'lib'))) chmodSync(join(dist, 'lib', name), 0o644);
}

export async function buildAll({ warm = true } = {}) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(join(dist, 'lib'), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
    absWorkingDir: root,
    define: { __WAYMARK_VERSION__: JSON.stringify(version), __WAYMARK_BUILD_TIME_MS__: String(buildTimeMs()) },
  };
  const agent = await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/lib/waymark.cjs',
    alias: {
      mqtt: join(root, 'scripts/stubs/mqtt.cjs'),
      'readable-stream': join(root, 'scripts/stubs/stream.cjs'),
      'worker-timers': join(root, 'scripts/stubs/empty.cjs'),
      'thread-stream': join(root, 'scripts/stubs/empty.cjs'),
    },
    // Built-in modules loaded on demand: `import()` would need a loader that a cached script does not have.
    supported: { 'dynamic-import': false },
    plugins: [withoutLogWorkers],
    banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
    footer: { js: '})' },
  });
  const sim = await build({ ...common, entryPoints: ['src/sim/main.ts'], outfile: 'dist/sim/sim.cjs' });
  const share = await build({ ...common, entryPoints: ['src/share/main.ts'], outfile: 'dist/share/share.cjs' });
  await buildPage();
  const binding = dirname(require.resolve('@serialport/bindings-cpp/package.json'));
  for (const name of readdirSync(join(binding, 'prebuilds')))
    if (name.startsWith('linux-'))
      cpSync(join(binding, 'prebuilds', name), join(dist, 'prebuilds', name), { recursive: true });
  writeFileSync(join(dist, 'waymark.cjs'), LOADER, { mode: 0o755 });
  // The sources are ES modules; what ships is not.
  writeFileSync(join(dist, 'package.json'), '{"type":"commonjs"}\n');
  const metafiles = [agent.metafile, sim.metafile, share.metafile];
  writeBillOfMaterials({ root, dist, metafiles, version, timeMs: buildTimeMs() });
  makeCodeCache(warm);
  writeFileSync(join(dist, '.built'), `${version}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildAll();
