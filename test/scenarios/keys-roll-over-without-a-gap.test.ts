import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { statusOf } from '../helpers/outside.js';
import { isServing, pause } from '../helpers/scenario.js';

/** A key lives 28 days: six seconds of real time. */
const SCALE = 400_000;

test('three months in twenty seconds: keys roll over at least twice, and corrections are used all along', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-keys-'));
  try {
    const demo = startCli([
      'demo',
      ...[
        '--for',
        '22s',
        '--json',
        '--source',
        'mqtt',
        '--time-scale',
        `${SCALE}`,
        '--log',
        'info',
        '--state-dir',
        dir,
      ],
    ]);
    /** The first status in which each key's end was seen. */
    const seen = new Map<string, StatusSnapshot>();
    let told = '';
    while (demo.child.exitCode === null) {
      const status = await statusOf(join(dir, 'run'));
      const end = status?.identity.keyExpiresAt;
      if (status && end !== undefined && isServing(status) && !seen.has(end)) seen.set(end, status);
      if (seen.size === 3 && told === '') told = (await cli('status', '--runtime-dir', join(dir, 'run'))).stdout;
      await pause(100);
    }
    const { code, stdout, stderr } = await demo.ended;
    expect(code, stderr.slice(-2000)).toBe(0);
    const last = JSON.parse(stdout) as StatusSnapshot;
    expect(last).toMatchObject({ state: 'serving', grade: 'corrected' });
    // The first key shown plus one a roll-over.
    expect(seen.size).toBeGreaterThanOrEqual(3);
    const rolled = [...seen.values()][2];
    expect(rolled?.corrections.usedByReceiver).toBeGreaterThan(0);
    expect(last.corrections.usedByReceiver).toBeGreaterThan((rolled?.corrections.usedByReceiver ?? 0) + 4);
    // What people are told after two roll-overs.
    const [, used] = /frames to the receiver, (\d+) used/.exec(told) ?? [];
    expect(Number(used)).toBeGreaterThanOrEqual(rolled?.corrections.usedByReceiver ?? 1);
    expect(told).toMatch(/\d+ of \d+ corrections of the last 30 s were used/);
    // What was under way while a key changed may be lost; no more.
    expect(last.corrections.notDecrypted).toBeLessThan(20);
    expect(last.corrections.verdict).toBe('ok');
    expect(last.session.connects).toBe(1);
    expect(last.identity.ztpCallsToday).toBeLessThanOrEqual(1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 90_000);
