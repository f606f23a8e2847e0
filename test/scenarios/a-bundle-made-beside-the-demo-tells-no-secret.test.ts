// The built program as its user runs it, each verb a process of its own: the doctor blames nobody while all is well, a
// bundle and a capture made beside the running demo hold what helps and none of its secrets, and a wipe afterwards
// leaves none of them in the state.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { setLogLevel } from '../../src/cli/evidence/door.js';
import { createClock, sleep } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { isServing } from '../helpers/scenario.js';
import { formsOf, found, identitySecrets } from '../helpers/secrets.js';

const clock = createClock();

/** Everything the demo keeps secret in files of its own. */
const secretsOf = (home: string): Record<string, readonly string[]> =>
  Object.fromEntries(
    readdirSync(join(home, 'secrets')).map((name) => [
      name,
      formsOf(readFileSync(join(home, 'secrets', name), 'utf8').trim()),
    ]),
  );

const textIn = (archive: string): string => gunzipSync(readFileSync(archive)).toString('latin1');

const allTextBelow = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

test('doctor, bundle, capture and wipe beside and after a running demo', async () => {
  const home = mkdtempSync(join(tmpdir(), 'waymark-beside-'));
  const state = join(home, 'demo');
  mkdirSync(state, { mode: 0o700 });
  const config = join(state, 'gateway.yaml');
  const status = async (): Promise<StatusSnapshot | undefined> => {
    const { code, stdout } = await cli('status', '-c', config, '--json');
    return code === 0 || code === 1 ? (JSON.parse(stdout) as StatusSnapshot) : undefined;
  };
  const until = async (what: string, isSo: (now: StatusSnapshot) => boolean): Promise<void> => {
    const end = clock.mono() + 40_000;
    for (;;) {
      const now = await status();
      if (now && isSo(now)) return;
      if (clock.mono() > end) throw new Error(`not within 40 s: ${what}`);
      await sleep(clock, 200);
    }
  };
  const eventually = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    const end = clock.mono() + 20_000;
    while (!(await isSo())) {
      if (clock.mono() > end) throw new Error(`not within 20 s: ${what}`);
      await sleep(clock, 50);
    }
  };
  const demo = startCli(['demo', '--state-dir', state]);
  try {
    await until('serving', isServing);
    const secrets = { ...secretsOf(state), ...(await identitySecrets(join(state, 'agent'))) };
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining(['app-token', 'ztp-token', 'losant-secret']));

    const doctor = await cli('doctor', '-c', config, '--json');
    const { checks, verdict } = JSON.parse(doctor.stdout) as {
      verdict: string;
      checks: { id: string; state: string; sentence: string }[];
    };
    expect(checks.filter((check) => check.state === 'fail')).toEqual([]);
    expect(verdict).not.toBe('failures');
    expect(checks.find(({ id }) => id === 'port-holder')?.sentence).toContain('only this gateway’s agent');

    // The module comes up anew, its token written and answered near an error.
    expect((await cli('sim', 'ctl', '--state-dir', state, 'unplug', 'modem')).code).toBe(0);
    await until('the module is missed', ({ lamps }) => lamps.some((l) => l.name === 'modem' && l.state === 'dark'));
    const out = join(home, 'while-dark.tar.gz');
    const dark = await cli('bundle', '-c', config, '--yes', '--json', '--out', out);
    expect([dark.code, statSync(out).mode & 0o777]).toEqual([0, 0o600]);
    const capture = startCli(['bundle', '-c', config, '--yes', '--capture', '--for', '6s', '--out', `${out}.2`]);
    expect((await cli('sim', 'ctl', '--state-dir', state, 'replug', 'modem')).code).toBe(0);
    const captured = await capture.ended;
    expect(captured.code).toBe(0);
    await until('serving again', isServing);

    const printed = [doctor, dark, captured].map(({ stdout, stderr }) => stdout + stderr).join('\n');
    const [first, second] = [textIn(out), textIn(`${out}.2`)];
    expect(found(printed + first + second, secrets)).toEqual([]);
    expect(first + second).not.toContain('PRIVATE KEY');
    for (const useful of ['"lamps"', 'link.absent', 'AT+CPIN?', '[secret', 'credential-ztp-token', '"port-holder"'])
      expect(first, useful).toContain(useful);
    // Talkative while it lasted, and as before afterwards.
    const recorded = second.slice(second.indexOf('capture/log.jsonl\0'), second.indexOf('capture/at-trace.txt\0'));
    expect(recorded).toContain('"level":"trace"');
    expect(second).toContain('AT#DWCFG=');
    const after = join(home, 'after.tar.gz');
    expect((await cli('bundle', '-c', config, '--yes', '--out', after)).code).toBe(0);
    const lately = /"atMs":(\d+),"level":"trace"/g;
    const tail = [...textIn(after).matchAll(lately)].map(([, at]) => Number(at));
    expect(tail.filter((at) => at > clock.wall() - 1000)).toEqual([]);

    // Killed, it has left a level that ends by itself: the agent still knows the one before.
    const killed = startCli(['bundle', '-c', config, '--yes', '--capture', '--for', '60s', '--out', `${out}.3`]);
    await eventually('it records', () => killed.output.stderr.includes('Recording'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    const { runtimeDir } = parse(readFileSync(config, 'utf8')) as { runtimeDir: string };
    const door = { runtimeDir, clock };
    expect(await setLogLevel(door, 'trace', 1)).toBe('trace');
    await eventually('the level before', async () => (await setLogLevel(door, 'warn', 0)) === 'info');

    expect((await cli('wipe', '-c', config, '--yes')).code).not.toBe(0);
    demo.child.kill('SIGTERM');
    await demo.ended;
    const wiped = await cli('wipe', '-c', config, '--yes', '--secrets');
    expect(wiped.code).toBe(0);
    // It knew every name there was.
    expect(readdirSync(join(state, 'agent'))).toEqual([]);
    expect(found(allTextBelow(join(state, 'agent')), secrets)).toEqual([]);
    expect(readdirSync(join(state, 'secrets')).length).toBeLessThan(Object.keys(secrets).length);
  } finally {
    demo.child.kill('SIGKILL');
    await demo.ended;
    rmSync(home, { recursive: true, force: true });
  }
}, 120_000);
