import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { cli, PROGRAM, startCli } from '../helpers/cli.js';
import { eventually, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

const run = promisify(execFile);

test.concurrent('gnss info and ztp show tell what is there, end with 0 or 1, and say who does not answer', async () => {
  await using gateway = await startScenario({
    world: { plan: 'ntrip', module: { ...QUICK_MODULE } },
    prepare: (world) => {
      world.clouds.ztp.pushFault({ is: 'status', status: 403, body: 'Device hardware code not whitelisted' });
    },
  });
  const where = ['-c', gateway.configFile];

  await gateway.until('provisioning is refused', (s) => s.identity.reason !== undefined);
  const refused = await cli('ztp', 'show', ...where);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/^Identity: to be asked for\n/);
  expect(refused.stdout).toMatch(/^ {2}trouble .*403.*\[ztp\.[a-z-]+\]\n {6}→ .*allow list/im);
  expect(refused.stdout).toMatch(/^ {2}next +tried again in /m);

  const unfed = await gateway.until(
    'a fix without corrections, and what is in view',
    (s) => s.fix.quality === '3d' && (s.receiver?.satellites?.length ?? 0) > 0,
  );
  const info = await cli('gnss', 'info', ...where);
  expect(info.code).toBe(0);
  expect(info.stdout).toMatch(/^ZED-F9P, firmware HPG [\d.]+, protocol [\d.]+, id ….{4}\n/);
  expect(info.stdout).toMatch(/^ {2}fix +3D, without corrections/m);
  expect(info.stdout).toMatch(/^ {4}Galileo +\d+ +\d+ +\d+ +\d+ {2}used$/m);
  const parts = JSON.parse((await cli('gnss', 'info', '--json', ...where)).stdout) as Record<string, unknown>;
  expect(Object.keys(parts)).toEqual(expect.arrayContaining(['receiver', 'fix', 'corrections', 'position']));
  expect(parts).toMatchObject({ receiver: { model: unfed.receiver?.model }, position: { from: 'receiver' } });

  // A pseudo-terminal of socat's: where people look, states have colours, and nothing is shown in escaped form.
  const status = `EXEC:"${process.execPath} ${PROGRAM} status -c ${gateway.configFile}",pty,rawer`;
  // It ends with 1, for degraded, and socat says so.
  const onTerminal = await run('socat', ['-u', status, 'STDOUT']).catch(
    (failed: unknown) => failed as { stdout: string },
  );
  expect(onTerminal.stdout).toMatch(/\u001b\[3\dm●\u001b\[0m modem /);
  expect(onTerminal.stdout).not.toContain('\\u001b');

  const watch = startCli(['gnss', 'watch', '--json', ...where]);
  await eventually('two looks', () => watch.output.stdout.split('\n').length > 2);
  watch.child.kill('SIGTERM');
  expect((await watch.ended).code).toBe(0);
  for (const line of watch.output.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('receiver');

  await gateway.world.perform({ do: 'unplug', device: 'receiver' });
  await gateway.until('gone', (s) => s.receiver?.running === false);
  const gone = await cli('gnss', 'info', ...where);
  expect(gone.code).toBe(1);
  expect(gone.stdout).toMatch(/^ {2}fix +receiver: .*\n {6}→ /m);

  await gateway.stopAgent();
  const alone = await cli('gnss', 'info', '--json', ...where);
  expect(alone.code).toBe(75);
  expect(JSON.parse(alone.stdout)).toMatchObject({ error: { code: 'status.unavailable' } });
}, 40_000);

test.concurrent.each(['ntrip', 'mqtt'] as const)('ztp show of a %s account, with the hardware id cut', async (plan) => {
  await using gateway = await startScenario({ world: { plan, module: { ...QUICK_MODULE } } });
  await gateway.until('an identity', (s) => s.identity.shape !== undefined);
  const { code, stdout } = await cli('ztp', 'show', '--json', '-c', gateway.configFile);
  expect(code).toBe(0);
  const shown = JSON.parse(stdout) as Record<string, unknown>;
  expect(shown).toMatchObject({ state: 'have', source: 'ztp', host: 'localhost', ztpCallsToday: 1 });
  const { lastHardwareId = '' } = gateway.world.clouds.ztp;
  expect(lastHardwareId.length).toBeGreaterThan(8);
  expect(shown['hardwareId']).toBe(`…${lastHardwareId.slice(-4)}`);
  expect(stdout).not.toContain(lastHardwareId);
  if (plan === 'ntrip') expect(shown).toMatchObject({ shape: 'ntrip', mountPoint: 'NEAR-SPARTN' });
  else expect(shown).toMatchObject({ shape: 'keys', topicCount: expect.any(Number), keyExpiresAt: expect.any(String) });
});
