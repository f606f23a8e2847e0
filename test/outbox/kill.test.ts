// kill -9 at any moment: what `put` has accepted and no cloud has confirmed is there afterwards, in order.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import type { CloudLink, CloudRecord } from '../../src/core/index.js';
import { bench } from './fakes.js';

const KILLS = Number(process.env['WAYMARK_KILLS'] ?? 5) * 4;
const MODES = ['put', 'drain', 'sync'];

/** A child that has loaded its program and waits to be told where to work. */
const waiting = (child: string): ChildProcess =>
  spawn(process.execPath, [child], { stdio: ['pipe', 'pipe', 'inherit'], env: { NODE_OPTIONS: '' } });

/** Lets the child work and kills it `afterMs` after it is up; what it said by then. */
function killed(running: ChildProcess, order: object, afterMs: number): Promise<string[]> {
  return new Promise((done, fail) => {
    let said = '';
    running.stdout?.on('data', (bytes: Buffer) => {
      if (said === '') setTimeout(() => running.kill('SIGKILL'), afterMs);
      said += bytes.toString();
    });
    running.on('error', fail);
    running.stdin?.on('error', fail);
    // What was cut short by the kill was not said.
    running.on('close', () => done(said.split('\n').slice(0, -1)));
    running.stdin?.write(`${JSON.stringify(order)}\n`);
  });
}

test(`kill -9 at ${KILLS} moments loses nothing accepted`, { timeout: 60_000 + KILLS * 1000 }, async () => {
  await using at = bench();
  const child = `${at.dir}.cjs`;
  mkdirSync(dirname(child), { recursive: true });
  // The child writes no log: without its largest package it starts in half the time.
  const nothing = `${at.dir}-nothing.js`;
  writeFileSync(nothing, 'module.exports = undefined;');
  await build({
    entryPoints: [resolve(import.meta.dirname, 'kill-child.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    minify: true,
    alias: { pino: nothing },
    format: 'cjs',
    outfile: child,
    logLevel: 'silent',
  });
  const open = new Set<string>();
  /** Confirmed before the kill. */
  const said = new Set<string>();
  let accepted = 0;
  let confirmed = 0;
  let resent = 0;
  let next = waiting(child);
  for (let kill = 1; kill <= KILLS; kill++) {
    const running = next;
    if (kill < KILLS) next = waiting(child);
    const order = { dir: at.dir, boot: 2 * kill, mode: MODES[kill % MODES.length] };
    for (const line of await killed(running, order, (kill * 7) % 40)) {
      const id = line.slice(1);
      if (line.startsWith('a')) {
        accepted++;
        open.add(id);
      } else if (line.startsWith('c')) {
        confirmed++;
        said.add(id);
      }
    }
    if (kill % 2 === 0 && kill < KILLS) continue;
    await using outbox = await at.open({ boot: 2 * kill + 1, maxBytes: 2 ** 28 });
    const delivered: CloudRecord[] = [];
    const link: CloudLink = {
      limits: { window: 8, pace: { count: 1e6, perMs: 1 } },
      publish: async (record) => {
        delivered.push(record);
        return { is: 'confirmed' };
      },
    };
    const controller = new AbortController();
    const draining = outbox.drain(link, { signal: controller.signal });
    while (outbox.status().records > 0) await at.clock.advance(10);
    controller.abort();
    await draining;
    expect(outbox.status()).toMatchObject({ state: 'ok', corrupt: 0, dropped: 0 });
    const sequence = delivered.map(({ id }) => Number(id.split('-')[1]));
    expect(sequence).toEqual([...sequence].sort((a, b) => a - b));
    expect(new Set(sequence).size).toBe(sequence.length);
    const there = new Set(delivered.map(({ id }) => id));
    resent += there.size;
    expect([...open].filter((id) => !there.has(id) && !said.has(id))).toEqual([]);
    open.clear();
    said.clear();
  }
  expect(accepted).toBeGreaterThan(KILLS * 2);
  process.stdout.write(
    `figure: ${KILLS} kills: ${accepted} records accepted, ${confirmed} confirmed before, ${resent} sent after, 0 lost\n`,
  );
});
