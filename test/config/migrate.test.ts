// Layouts: the mechanism proved with steps of its own (there is none in the program yet), in memory and in the file alike.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configUpgrade } from '../../src/cli/config-upgrade.js';
import { CONFIG_VERSION, parseConfig, upgradeText } from '../../src/config/index.js';
import { type Layout, migrate, STEPS } from '../../src/config/migrate.js';
import { printed } from '../cli/in-process.js';
import { inScratch } from '../helpers/scratch.js';

const LAYOUT: Layout = {
  version: 3,
  steps: {
    1: [
      { is: 'move', from: ['modem', 'token'], to: ['cloud', 'deep', 'token'] },
      { is: 'value', path: ['modem', 'mode'], from: 'auto', to: 'observe' },
    ],
    2: [
      { is: 'remove', path: ['legacy'] },
      { is: 'move', from: ['cloud', 'deep', 'token'], to: ['cloud', 'appToken'] },
    ],
  },
};

const OLD = `# the gateway on the mast
version: 1

modem:
  port: auto # found by itself
  # where the token is
  token: file:secrets/token # since May
  mode: auto
legacy: yes # nobody knows
gnss: {port: auto}
`;

const NEW = {
  version: 3,
  modem: { port: 'auto', mode: 'observe' },
  cloud: { deep: {}, appToken: 'file:secrets/token' },
  gnss: { port: 'auto' },
};

test('every step has its number, and the last one leads to the present version', () => {
  expect(Object.keys(STEPS).map(Number)).toEqual(Array.from({ length: CONFIG_VERSION - 1 }, (_, i) => i + 1));
});

test('step by step in memory; the same in the text, with comments', () => {
  const migrated = migrate(parse(OLD) as never, LAYOUT);
  expect(migrated).toEqual({ is: 'current', data: NEW });
  const upgrade = upgradeText(OLD, LAYOUT);
  expect(upgrade).toMatchObject({ is: 'upgraded', from: 1, to: 3 });
  const { text } = upgrade as { text: string };
  expect(parse(text)).toEqual(NEW);
  for (const kept of [
    '# the gateway on the mast',
    'port: auto # found by itself',
    '# where the token is',
    '# since May',
  ])
    expect(text).toContain(kept);
  expect(upgradeText(text, LAYOUT)).toEqual({ is: 'current' });
});

test.each([
  [
    { modem: { token: 'a' }, cloud: { deep: { token: 'b' } } },
    { modem: {}, cloud: { deep: {}, appToken: 'b' } },
  ],
  [{ modem: null }, { modem: null }],
  [{ modem: [1] }, { modem: [1] }],
  [{}, {}],
])('what is there already stays, and other shapes are left to the check: %j', (before, after) => {
  expect(migrate({ version: 1, ...before }, LAYOUT)).toEqual({ is: 'current', data: { ...after, version: 3 } });
});

test.each([
  [{}, 'is missing', true],
  [{ version: 'one' }, 'must be 3', true],
  [{ version: 0 }, 'must be 3', true],
  [{ version: 4 }, 'update Waymark', false],
])('%j is refused', (data, message, goOn) => {
  expect(migrate(data, LAYOUT)).toEqual({ is: 'refused', message: expect.stringContaining(message), goOn });
});

test('the verb: a present file is left alone, a newer one refused with its cure', () =>
  inScratch(async (dir) => {
    const file = join(dir, 'gateway.yaml');
    writeFileSync(file, `version: ${CONFIG_VERSION}\n`);
    const current = await printed(() => configUpgrade({ file, write: true, json: true }));
    expect(JSON.parse(current.stdout)).toEqual({ file, isCurrent: true });
    writeFileSync(file, 'version: 9\n');
    await expect(configUpgrade({ file, write: true, json: true })).rejects.toMatchObject({
      ...{ code: 'config.invalid', message: expect.stringContaining('update Waymark') },
    });
    expect(readFileSync(file, 'utf8')).toBe('version: 9\n');
    expect(parseConfig('version: 9\n').problems).toHaveLength(1);
  }));
