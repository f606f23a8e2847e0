// One cause is told once: in the text that a person reads, and where a running agent reports what a check before it has
// already found.
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { moduleCheck } from '../../src/agent/doctor/checks/module.js';
import { stateDirectoryCheck } from '../../src/agent/doctor/checks/state-directory.js';
import type { Desk } from '../../src/agent/doctor/desk.js';
import type { CheckId } from '../../src/agent/doctor/types.js';
import type { CheckResult } from '../../src/agent/index.js';
import { describeLeftOut } from '../../src/cli/doctor.js';
import { inScratch } from '../helpers/scratch.js';

const result = (id: CheckId, title: string, more: Partial<CheckResult>): CheckResult => ({
  ...{ id, title, state: 'ok', sentence: '', anchor: '' },
  ...more,
});
const after = (id: CheckId, title: string): Partial<CheckResult> => ({
  ...{ state: 'skipped', sentence: `first comes: ${title}`, after: id },
});

test('what is left out is one line for each cause', () => {
  const checks = [
    result('configuration', 'Configuration', { state: 'fail' }),
    result('state-directory', 'State directory', after('configuration', 'Configuration')),
    result('sim', 'SIM', after('module', 'Module answers')),
    result('power', 'Supply voltage', { state: 'skipped', sentence: 'this machine does not measure it' }),
    result('status-door', 'Status door', after('configuration', 'Configuration')),
  ];
  expect(describeLeftOut(checks).split('\n')).toEqual([
    '–     left out, first comes: Configuration: State directory, Status door',
    '–     left out, first comes: Module answers: SIM',
    '',
  ]);
  expect(describeLeftOut([])).toBe('');
});

test('a module whose port went away under the agent is the port’s trouble', async () => {
  const troubles = [{ code: 'link.closed', message: 'the module is unplugged or off' }];
  const desk = (port: CheckResult['state']) =>
    ({
      config: { modem: {} },
      module: async () => ({ port: '/dev/ttyUSB2', source: 'agent', troubles }),
      result: (id: CheckId) => (id === 'port' ? result('port', 'Ports', { state: port }) : undefined),
    }) as unknown as Desk;
  expect(await moduleCheck.examine(desk('fail'))).toEqual([
    { is: 'skipped', sentence: 'first comes: Ports', after: 'port' },
  ]);
  // It is back already, and the agent has not taken it yet.
  expect(await moduleCheck.examine(desk('ok'))).toMatchObject([{ is: 'fail', code: 'link.closed' }]);
});

test('a state that only a newer version reads is told with the agent’s own cure', () =>
  inScratch(async (stateDir) => {
    const message = 'identity: written by a newer version of this program';
    const hint = 'Install the newer version again, or move the file away to start afresh.';
    const dark = { name: 'identity', state: 'dark', reason: 'vault.unreadable', message, hint };
    const desk = (uid: number) =>
      ({
        config: { stateDir, outbox: { minFreeMiB: 0 } },
        machine: { user: { name: 'somebody', uid }, roots: { proc: '/proc' }, free: async () => undefined },
        status: async () => ({ lamps: [{ name: 'modem', state: 'lit' }, dark] }),
      }) as unknown as Desk;
    const { uid } = statSync(stateDir);
    expect(await stateDirectoryCheck.examine(desk(uid))).toContainEqual({
      ...{ is: 'fail', sentence: message, cure: hint, code: 'vault.unreadable' },
    });
    // What cannot be read may be no more than another's: the owner comes first.
    const [first, ...others] = await stateDirectoryCheck.examine(desk(uid + 1));
    expect(first).toMatchObject({ is: 'fail', code: 'vault.permission' });
    expect(others.filter(({ is }) => is === 'fail')).toEqual([]);
  }));
