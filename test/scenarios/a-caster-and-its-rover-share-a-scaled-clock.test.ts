import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { statusOf } from '../helpers/outside.js';
import { isFixed, pause } from '../helpers/scenario.js';

interface CasterState {
  clouds: { caster: { connects: number; refused: object; connections: { ggas: number; endedBy?: string }[] } };
}

// The caster closes after 30 s without our position, and we ask for a new session after as long without corrections: in
// scaled time both are over in an instant, and neither may starve the other.
test.concurrent.each([1000, 400_000])(
  'the demo over NTRIP, %i times as fast: one session, corrections used all along, our position once a second',
  async (scale) => {
    const dir = mkdtempSync(join(tmpdir(), 'waymark-rover-'));
    try {
      const demo = startCli([
        'demo',
        ...['--for', '28s', '--json', '--source', 'ntrip', '--time-scale', `${scale}`, '--state-dir', dir],
      ]);
      let first: { used: number; atMs: number } | undefined;
      let caster: CasterState['clouds']['caster'] | undefined;
      while (demo.child.exitCode === null) {
        const status = await statusOf(join(dir, 'run'));
        if (status && isFixed(status)) {
          first ??= { used: status.corrections.usedByReceiver, atMs: performance.now() };
          // Long enough for the caster to have lost its patience three times.
          if (!caster && performance.now() - first.atMs > 9500) {
            const { stdout } = await cli('sim', 'ctl', '--state-dir', dir, 'state');
            caster = (JSON.parse(stdout) as CasterState).clouds.caster;
          }
        }
        await pause(100);
      }
      const { code, stdout, stderr } = await demo.ended;
      expect(code, stderr.slice(-2000)).toBe(0);
      const last = JSON.parse(stdout) as StatusSnapshot;
      expect(last).toMatchObject({ state: 'serving', grade: 'corrected', fix: { quality: 'rtk_fixed' } });
      expect(last.session).toMatchObject({ connects: 1, disconnects: 0 });
      expect(last.corrections).toMatchObject({ source: 'ntrip', verdict: 'ok', use: { answer: 'used' } });
      expect(last.corrections.usedByReceiver).toBeGreaterThan((first?.used ?? 0) + 100);
      // One to prove the account, one that serves.
      expect(caster).toMatchObject({ connects: 2, refused: {} });
      const serving = caster?.connections.at(-1);
      expect(serving?.endedBy).toBeUndefined();
      expect(serving?.ggas).toBeGreaterThanOrEqual(8);
      expect(serving?.ggas).toBeLessThanOrEqual(16);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  120_000,
);
