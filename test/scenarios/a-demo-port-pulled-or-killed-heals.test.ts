import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { processesAbout } from '../helpers/outside.js';
import { eventually, isServing, lamp } from '../helpers/scenario.js';

/** The status as the command line shows it. */
async function shown(runtimeDir: string): Promise<StatusSnapshot | undefined> {
  const { code, stdout } = await cli('status', '--runtime-dir', runtimeDir, '--json');
  return code === 0 || code === 1 ? (JSON.parse(stdout) as StatusSnapshot) : undefined;
}

const until = (runtimeDir: string, what: string, predicate: (status: StatusSnapshot) => boolean): Promise<void> =>
  eventually(
    what,
    async () => {
      const status = await shown(runtimeDir);
      return status !== undefined && predicate(status);
    },
    20_000,
  );

test('a cable pulled by `sim ctl` darkens the lamp until it is put back; a port whose program dies comes back alone', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'waymark-pulled-'));
  const runtimeDir = join(stateDir, 'run');
  const demo = startCli(['demo', '--json', '--state-dir', stateDir]);
  try {
    await until(runtimeDir, 'serving', isServing);

    const pulled = await cli('sim', 'ctl', '--state-dir', stateDir, 'unplug', 'modem');
    expect(pulled.code, pulled.stderr).toBe(0);
    await until(runtimeDir, 'modem dark', (s) => {
      const { state, reason = '', hint = '' } = lamp(s, 'modem');
      return state === 'dark' && /^link\.(?:closed|absent)$/.test(reason) && hint !== '' && s.state === 'degraded';
    });
    expect((await cli('sim', 'ctl', '--state-dir', stateDir, 'replug', 'modem')).code).toBe(0);
    await until(runtimeDir, 'serving again', isServing);

    // The program that holds the modem's pseudo terminal dies, as a USB device that drops off the bus does.
    const [holder, ...others] = processesAbout(join(stateDir, 'ttyMODEM')).filter(({ line }) =>
      line.startsWith('socat'),
    );
    expect(others).toEqual([]);
    process.kill(holder?.pid ?? Number.NaN, 'SIGKILL');
    await until(runtimeDir, 'modem dark again', (s) => lamp(s, 'modem').state === 'dark');
    await until(runtimeDir, 'serving by itself', isServing);

    const wrong = await cli('sim', 'ctl', '--state-dir', stateDir, 'unplug', 'toaster');
    expect(wrong.code).toBe(64);
    demo.child.kill('SIGTERM');
    expect((await demo.ended).code).toBe(0);
  } finally {
    demo.child.kill('SIGKILL');
    await demo.ended;
    rmSync(stateDir, { recursive: true, force: true });
  }
}, 60_000);
