import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainProblem, inspectConfig, parseConfig } from '../../src/config/index.js';

const said = (text: string): { problems: string; warnings: string } => {
  const { problems, warnings } = parseConfig(text, 'f');
  const line = (all: typeof problems): string => all.map((problem) => explainProblem(problem)).join('\n');
  return { problems: line(problems), warnings: line(warnings) };
};

const BASE = 'version: 1\nmodem: {}\ngnss: {}\n';
const OWN = 'server: "api.example:8883", appToken: "file:t"';

describe('deviceWise', () => {
  test.each([
    [BASE, `{${OWN}}`],
    [BASE, `{${OWN}, road: module, module: {autoReconnect: 2, deviceId: iccid}}`],
    [BASE, `{${OWN}, road: gateway, gateway: {transport: http, applicationId: imei}}`],
    ['version: 1\ngnss: {}\n', `{${OWN}, gateway: {thingKey: roof-1}}`],
  ])('%s deviceWise: %s is complete', (base, deviceWise) => {
    expect(said(`${base}deviceWise: ${deviceWise}\n`)).toEqual({ problems: '', warnings: '' });
  });

  test.each([
    [BASE, '{server: api.example, appToken: "file:t"}', 'must be host:port'],
    [BASE, '{server: "api.example:8883", appToken: Abcd1234Efgh5678}', 'the secret itself is never written'],
    [
      BASE,
      `{${OWN}, server: "api.example:99999"}`.replace(OWN, 'appToken: "file:t"'),
      'the port must be from 1 to 65535',
    ],
    ['version: 1\ngnss: {}\n', `{${OWN}}`, 'there is no modem section whose IMEI could be taken'],
    ['version: 1\ngnss: {}\n', `{${OWN}, road: module}`, 'is module, but there is no modem section'],
    [BASE, `{${OWN}, gateway: {thingKey: "a key"}}`, 'at most 64 letters, digits, hyphens and underscores'],
    [
      'version: 1\nmodem: {deviceWise: {server: "a.example:8883", appToken: "file:t"}}\n',
      `{${OWN}}`,
      'remove one of the two',
    ],
  ])('%s deviceWise: %s is refused', (base, deviceWise, why) => {
    expect(said(`${base}deviceWise: ${deviceWise}\n`).problems).toContain(why);
  });

  test.each([
    [`{server: "api.example:1883", appToken: "file:t", security: none}`, 'in the clear'],
    [`{server: "api.example:1883", appToken: "file:t"}`, 'the module uses port 8883 whatever is written here'],
    [`{${OWN}, road: module, gateway: {}}`, 'has no effect while road is module'],
  ])('%s is worth a word', (deviceWise, why) => {
    const { problems, warnings } = said(`${BASE}deviceWise: ${deviceWise}\n`);
    expect(problems).toBe('');
    expect(warnings).toContain(why);
  });

  test.each([
    ['module', 'problem'],
    ['auto', 'warning'],
    ['gateway', 'nothing'],
  ])('a token that no AT line can carry: with road %s a %s', async (road, what) => {
    const dir = await mkdtemp(join(tmpdir(), 'waymark-'));
    try {
      await writeFile(join(dir, 't'), 'Abcd,1234"Efgh;56\n', { mode: 0o600 });
      await writeFile(join(dir, 'w.yaml'), `${BASE}deviceWise: {${OWN}, road: ${road}}\n`);
      const { problems, warnings } = await inspectConfig(join(dir, 'w.yaml'), { env: {} });
      expect(problems.map(({ path }) => path)).toEqual(what === 'problem' ? ['deviceWise.appToken'] : []);
      const words = warnings.filter(({ path }) => path === 'deviceWise.appToken').map(({ message }) => message);
      expect(words).toHaveLength(what === 'warning' ? 1 : 0);
      expect(JSON.stringify([problems, warnings])).not.toContain('Abcd');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
