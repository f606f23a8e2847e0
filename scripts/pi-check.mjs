// The nearest to a Raspberry Pi that a workstation has: the arm64 package in a clean Debian 13 for arm64, run under
// emulation, and the program under the memory of a small board. Part of `npm run proof`, too slow for CI. Needs root,
// debootstrap and qemu-user-static; the root is made once (ten minutes, more on a busy machine) and kept outside the repository.
// Lines that begin with `figure:` are copied into docs/proof.md. `--only memory` or `--only arm64` runs one of the two.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll, isFresh } from './build.mjs';
import { inRoot, needTools, unpackRoot } from './debian-root.mjs';
import { makePackage } from './package.mjs';

const home = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv[process.argv.indexOf('--only') + 1];
const wanted = (what) => !process.argv.includes('--only') || only === what;
const LIMIT_MB = 256;
const figure = (text) => process.stdout.write(`figure: ${text}\n`);
const expect = (isSo, what) => {
  if (!isSo) throw new Error(`not so: ${what}`);
};

if (!isFresh()) await buildAll({ warm: false });

if (wanted('arm64')) {
  needTools('arm64');
  const deb = makePackage('arm64');
  const root = unpackRoot('arm64', ['nodejs']);
  try {
    copyFileSync(deb, join(root, 'waymark.deb'));
    const installing = Date.now();
    inRoot(root, 'apt-get -qy install ./waymark.deb', { timeoutMs: 1_200_000 });
    const node = inRoot(root, 'node -p process.arch+process.version').stdout.trim();
    figure(
      `arm64 package ${(statSync(deb).size / 1e6).toFixed(1)} MB, installed under emulation in ${Math.round((Date.now() - installing) / 1000)} s (${node})`,
    );
    // Emulated, each start takes some ten times as long: the demo gets the time, and has to serve all the same.
    const started = Date.now();
    const demo = inRoot(root, 'cd / && exec waymark demo --for 240s --json', {
      user: 'waymark',
      allowFailure: true,
      timeoutMs: 400_000,
    });
    expect(demo.status === 0, `the demo on arm64: exit ${demo.status}\n${demo.stderr.slice(-3000)}`);
    const summary = JSON.parse(demo.stdout.trim().split('\n').at(-1));
    figure(
      `demo from the arm64 package as user waymark: exit 0 after ${Math.round((Date.now() - started) / 1000)} s; ${describe(summary)}`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

function describe(summary) {
  const { state, grade, firstCorrectionMs, lamps } = summary.status ?? summary;
  const lit = lamps?.filter?.((lamp) => lamp.state === 'lit').length;
  return [
    state && `state ${state}`,
    grade,
    lit !== undefined && `${lit} of ${lamps.length} lamps lit`,
    firstCorrectionMs !== undefined && `first correction after ${(firstCorrectionMs / 1000).toFixed(1)} s`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** A control group with that much memory: version 2 or 1, whichever can be written. Gives how to enter and what it saw. */
function memoryGroup(bytes) {
  const name = `waymark-proof-${process.pid}`;
  const v2 = '/sys/fs/cgroup/cgroup.controllers';
  if (existsSync(v2)) {
    try {
      writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+memory');
      const folder = join('/sys/fs/cgroup', name);
      mkdirSync(folder);
      writeFileSync(join(folder, 'memory.max'), String(bytes));
      if (existsSync(join(folder, 'memory.swap.max'))) writeFileSync(join(folder, 'memory.swap.max'), '0');
      return {
        kind: 'control group v2',
        folder,
        peak: () => Number(readFileSync(join(folder, 'memory.peak'), 'utf8')),
        kills: () => Number(/oom_kill (\d+)/.exec(readFileSync(join(folder, 'memory.events'), 'utf8'))?.[1] ?? 0),
      };
    } catch {
      // Not ours to write: version 1 may be.
    }
  }
  const base = '/sys/fs/cgroup/memory';
  const folder = join(base, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'memory.limit_in_bytes'), String(bytes));
  return {
    kind: 'control group v1',
    folder,
    peak: () => Number(readFileSync(join(folder, 'memory.max_usage_in_bytes'), 'utf8')),
    kills: () => Number(/oom_kill (\d+)/.exec(readFileSync(join(folder, 'memory.oom_control'), 'utf8'))?.[1] ?? 0),
  };
}

if (wanted('memory')) {
  let group;
  try {
    group = memoryGroup(LIMIT_MB * 1024 * 1024);
  } catch (error) {
    console.error(
      `no control group can be made here (${error.code}): run as root, or where /sys/fs/cgroup can be written`,
    );
    process.exit(69);
  }
  const work = mkdtempSync(join(tmpdir(), 'waymark-small-'));
  try {
    // Agent and simulators together, as a board would have to carry them in the demo.
    const enter = `echo $$ > ${group.folder}/cgroup.procs; exec "$0" "$@"`;
    const child = spawn(
      'sh',
      [
        '-c',
        enter,
        process.execPath,
        join(home, 'dist/waymark.cjs'),
        'demo',
        '--for',
        '60s',
        '--json',
        '--state-dir',
        work,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const rss = [];
    const timer = setInterval(() => {
      const line = /VmRSS:\s+(\d+)/.exec(spawnSync('cat', [`/proc/${child.pid}/status`], { encoding: 'utf8' }).stdout);
      if (line) rss.push(Number(line[1]) / 1024);
    }, 1000);
    let output = '';
    child.stdout.on('data', (bytes) => {
      output += bytes.toString();
    });
    const status = await new Promise((done) => child.on('close', done));
    clearInterval(timer);
    expect(status === 0, `the demo under ${LIMIT_MB} MB: exit ${status}`);
    expect(group.kills() === 0, 'nothing was killed for want of memory');
    const highest = Math.max(...rss);
    figure(
      `demo under a limit of ${LIMIT_MB} MB (${group.kind}, agent and simulators in it, no swap): exit 0, none killed; agent ${highest.toFixed(0)} MB at most, ${(group.peak() / 1e6).toFixed(0)} MB charged to the group (the pages of the Node program itself are shared with others); ${describe(JSON.parse(output.trim().split('\n').at(-1)))}`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
    try {
      rmdirSync(group.folder);
    } catch {
      // A child that has just ended may still be counted: the empty group costs nothing.
    }
  }
}
