import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { UcenterSettings } from '../../src/sim/clouds/index.js';
import { lamp, type Scenario, startScenario } from '../helpers/scenario.js';
import { provision } from '../sim/clouds/helpers.js';

const start = (changes: Partial<UcenterSettings>): Promise<Scenario> =>
  startScenario({
    world: { clock: createClock(anchorNow(5)) },
    prepare: ({ clouds }) => {
      clouds.setReachable(true);
      clouds.writeUcenterFile(changes);
    },
    config: ({ ready }) => ({
      modem: null,
      ztp: null,
      identity: { ucenterConfigFile: ready.clouds.pointperfect.ucenterConfigFile },
      corrections: { region: 'eu' },
    }),
  });

test.each([
  { armour: 'pem', keys: 'dynamicKeys' },
  { armour: 'bare', keys: 'dynamickeys' },
] as const)(
  'its certificate ($armour) and keys ($keys) are enough: corrections are decrypted, nobody is asked',
  async (how) => {
    await using gateway = await start(how);
    const status = await gateway.until('rtk_fixed', (s) => s.fix.quality === 'rtk_fixed');
    const { clientId } = gateway.world.ready.clouds.pointperfect.mqtt;
    expect(status.identity).toMatchObject({ source: 'ucenter', shape: 'keys', clientId: `…${clientId.slice(-4)}` });
    expect(status.identity.keyExpiresAt).toBeDefined();
    expect(status.corrections).toMatchObject({ source: 'mqtt', notDecrypted: 0, verdict: 'ok' });
    expect(gateway.world.clouds.broker.stats.sessions).toEqual([clientId]);
    expect(gateway.world.clouds.ztp.calls).toHaveLength(0);
  },
);

/** Puts a file in place at once, as an editor or a deployment does. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

test('a new file is taken up while it runs; one that is none changes nothing', async () => {
  await using gateway = await start({});
  const { clouds, ready } = gateway.world;
  const { ucenterConfigFile } = ready.clouds.pointperfect;
  const text = readFileSync(ucenterConfigFile, 'utf8');
  await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');

  replace(ucenterConfigFile, text.slice(0, text.length / 2));
  const said = await gateway.until('said', (s) => s.identity.reason !== undefined);
  expect(said.identity.reason).toBe('identity.invalid');
  expect(lamp(said, 'corrections').state).toBe('lit');
  expect(said.session.connects).toBe(1);

  // The file of another Thing.
  const other = (await provision(clouds)).json() as Record<'clientId' | 'certificate' | 'privateKey', string>;
  const file = JSON.parse(text) as { MQTT: { Connectivity: { ClientID: string; ClientCredentials: object } } };
  const { Connectivity } = file.MQTT;
  Connectivity.ClientID = other.clientId;
  Object.assign(Connectivity.ClientCredentials, { Cert: other.certificate, Key: other.privateKey });
  replace(ucenterConfigFile, JSON.stringify(file));
  const status = await gateway.until(
    'taken up',
    (s) => s.identity.clientId === `…${other.clientId.slice(-4)}` && s.session.state === 'flowing',
  );
  expect(status.identity.reason).toBeUndefined();
  expect(clouds.broker.stats.sessions).toEqual([other.clientId]);
});
