// A module that goes and comes back again and again, under traffic, in the life of one process.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { figure, median } from '../helpers/figures.js';
import { openPty, type Pty } from './pty.js';

/** A tenth of the proof's count unless told. */
const COUNT = Math.max(10, Number(process.env['WAYMARK_LONG'] ?? 20));
/** Rounds in which code is compiled (Node's own compiler comes into memory with it) and the heap finds its size. */
const WARM = Math.min(50, Math.floor(COUNT / 2));

interface Holdings {
  descriptors: number;
  listeners: number;
  resources: number;
  heapMb: number;
  rssMb: number;
}
type Said = { is: 'ok'; atMs: number } | ({ is: 'gone' } & Holdings);

/** The process as a bundle, so that nothing but the agent's own code is in its memory. */
async function bundle(work: string): Promise<string> {
  const binding = dirname(createRequire(import.meta.url).resolve('@serialport/bindings-cpp/package.json'));
  symlinkSync(join(binding, 'prebuilds'), join(work, 'prebuilds'));
  const outfile = join(work, 'lib/replug.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'replug-process.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
  return outfile;
}

/** A module that answers every command line with OK and reports a hundred times a second. */
async function plugIn(path: string): Promise<{ pty: Pty; atMs: number; pull(): void }> {
  const pty = await openPty(path);
  const atMs = performance.timeOrigin + performance.now();
  pty.onBytes((bytes) => {
    for (const byte of bytes) if (byte === 0x0d) pty.send('\r\nOK\r\n');
  });
  const reports = setInterval(() => pty.send('\r\n+CREG: 1,"1F00","0079D903",7\r\n'), 10);
  return {
    pty,
    atMs,
    pull() {
      clearInterval(reports);
      pty[Symbol.dispose]();
    },
  };
}

test(`a module is answered soon after it is back, and ${COUNT} unplugs leave nothing behind`, {
  timeout: 60_000 + COUNT * 5000,
}, async () => {
  const work = mkdtempSync(join(tmpdir(), 'waymark-replug-'));
  try {
    const path = join(work, 'tty');
    const script = await bundle(work);
    let device = await plugIn(path);
    const child = spawn(process.execPath, ['--expose-gc', script, path, String(COUNT)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const backMs: number[] = [];
    const held: Holdings[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as Said;
      if (said.is === 'ok') {
        // The first time node itself has to start.
        if (held.length > 0) backMs.push(said.atMs - device.atMs);
        device.pull();
        continue;
      }
      held.push(said);
      if (held.length === COUNT) break;
      // Not always at the same moment of the look for the node.
      await new Promise((resolve) => setTimeout(resolve, (held.length * 37) % 260));
      device = await plugIn(path);
    }
    child.kill('SIGKILL');
    device.pull();
    const early = held.slice(WARM - 5, WARM);
    const late = held.slice(-5);
    const most = (rounds: readonly Holdings[], what: keyof Holdings) => Math.max(...rounds.map((one) => one[what]));
    const growthMb = (what: 'rssMb' | 'heapMb') =>
      median(late.map((one) => one[what])) - median(early.map((one) => one[what]));
    const signed = (mb: number) => `${mb >= 0 ? '+' : ''}${mb.toFixed(2)} MB`;
    figure(
      `node back to first OK ${median(backMs).toFixed(0)} ms (median), ${Math.max(...backMs).toFixed(0)} ms (most), ${backMs.length} times`,
    );
    figure(
      `${COUNT} unplugs: descriptors ${most(early, 'descriptors')} → ${most(late, 'descriptors')}, listeners ` +
        `${most(early, 'listeners')} → ${most(late, 'listeners')}, RSS ${signed(growthMb('rssMb'))} and heap ` +
        `${signed(growthMb('heapMb'))} after ${WARM} to warm up`,
    );
    expect(held).toHaveLength(COUNT);
    expect(median(backMs)).toBeLessThanOrEqual(2000);
    for (const what of ['descriptors', 'listeners', 'resources'] as const)
      expect(most(late, what), what).toBeLessThanOrEqual(most(early, what));
    expect(growthMb('rssMb')).toBeLessThanOrEqual(8);
    // The binding never frees its poller (2 kB an opening); more than that would be ours.
    expect(growthMb('heapMb')).toBeLessThanOrEqual(0.5);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
