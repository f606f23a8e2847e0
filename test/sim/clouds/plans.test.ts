// What a provisioned device gets: the broker, the caster, or both; and the way in without provisioning.
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import type { SimClouds } from '../../../src/sim/clouds/index.js';
import { connectClient, provision, scratch, startClouds, until } from './helpers.js';
import { ggaAt, rover } from './rover.js';

type Tree = Record<string, unknown>;
const credentials = async (clouds: SimClouds, hardwareId = 'gw-1'): Promise<Tree> =>
  (await provision(clouds, { hardwareId })).json()['rtcmCredentials'] as Tree;
const headWith = (clouds: SimClouds, { userName, password, mountPoint }: Tree): Promise<string> =>
  rover(clouds, { userName: String(userName), password: String(password), mountPoint: String(mountPoint) }).head();

describe('the plan', () => {
  test('ntrip leads to the caster with credentials it takes', async () => {
    const clouds = await startClouds({ plan: 'ntrip' });
    const data = (await provision(clouds)).json();
    expect(Object.keys(data)).toEqual(['rtcmCredentials']);
    const given = data['rtcmCredentials'] as Tree;
    expect(given).toMatchObject({
      endpoint: 'localhost',
      httpPort: String(clouds.ports.caster),
      mountPoint: 'NEAR-SPARTN',
    });
    expect(await headWith(clouds, given)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('both holds certificates and credentials', async () => {
    const clouds = await startClouds({ plan: 'both' });
    const data = (await provision(clouds)).json();
    expect(new X509Certificate(String(data['certificate'])).subject).toBe(`CN=${String(data['clientId'])}`);
    expect(data['rtcmCredentials']).toMatchObject({ endpoint: 'localhost' });
  });

  test('numbers, the TLS port and the other format come when set so', async () => {
    const clouds = await startClouds({ plan: 'ntrip' });
    clouds.ztp.configure({ httpPortAs: 'number', httpsPort: 'sent', mountPoint: 'NEAR-RTCM' });
    expect(await credentials(clouds)).toMatchObject({
      httpPort: clouds.ports.caster,
      httpsPort: clouds.ports.casterTls,
      mountPoint: 'NEAR-RTCM',
    });
  });

  test.each(['ntrip', 'both'] as const)('with slow activation %s lacks the endpoint at first', async (plan) => {
    const clouds = await startClouds({ plan });
    clouds.ztp.configure({ incompleteAnswers: 1 });
    expect(await credentials(clouds)).not.toHaveProperty('endpoint');
    expect(await credentials(clouds)).toHaveProperty('endpoint');
  });
});

describe('the account at the caster', () => {
  test('is each Thing’s own, the same at every call and over a restart', async () => {
    const stateDir = scratch();
    const before = await startClouds({ stateDir, plan: 'ntrip' });
    const first = await credentials(before);
    expect(await credentials(before)).toEqual(first);
    expect(await credentials(before, 'gw-2')).not.toMatchObject({ userName: first['userName'] });
    const spare = before.description.pointperfect.ntrip;
    await before[Symbol.asyncDispose]();
    const after = await startClouds({ stateDir, plan: 'ntrip' });
    expect(await headWith(after, first)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await credentials(after)).toMatchObject({ userName: first['userName'], password: first['password'] });
    expect(after.description.pointperfect.ntrip).toMatchObject({ userName: spare.userName, password: spare.password });
  });

  test('gets another password with the next call when asked so, once', async () => {
    const clouds = await startClouds({ plan: 'ntrip' });
    const first = await credentials(clouds);
    clouds.ztp.rotateNext();
    const second = await credentials(clouds);
    expect(second).toMatchObject({ userName: first['userName'] });
    expect(await credentials(clouds)).toEqual(second);
    expect(await headWith(clouds, first)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await headWith(clouds, second)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('is refused while its Thing is off its plan', async () => {
    const clouds = await startClouds({ plan: 'ntrip' });
    const given = await credentials(clouds);
    clouds.ztp.setActive('gw-1', false);
    expect(await headWith(clouds, given)).toMatch(/^HTTP\/1\.1 401 /);
    expect(clouds.caster.stats.refused).toEqual({ 'no-plan': 1 });
    clouds.ztp.setActive('gw-1', true);
    expect(await headWith(clouds, given)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('of other programs works as described', async () => {
    const clouds = await startClouds();
    const one = rover(clouds);
    await one.head();
    one.send(ggaAt());
    await until('data', () => one.body().length > 0);
  });
});

describe('the u-center file', () => {
  interface File {
    MQTT: {
      Connectivity: {
        ClientID: string;
        ServerURI: string;
        CleanSession: boolean;
        ClientCredentials: { Key: string; Cert: string; RootCA: string };
      };
      Subscriptions: { Key: { KeyTopics: string[] }; Data: { DataTopics: string[] } };
      dynamicKeys?: Record<'current' | 'next', { start: number; duration: number; value: string }>;
      dynamickeys?: unknown;
    };
  }
  const read = (clouds: SimClouds): File['MQTT'] =>
    (JSON.parse(readFileSync(clouds.description.pointperfect.ucenterConfigFile, 'utf8')) as File).MQTT;

  test('is private, and holds an identity the broker takes', async () => {
    const clouds = await startClouds();
    expect(statSync(clouds.description.pointperfect.ucenterConfigFile).mode & 0o777).toBe(0o600);
    const { Connectivity, Subscriptions, dynamicKeys } = read(clouds);
    expect(Connectivity.ServerURI).toBe(`ssl://localhost:${clouds.ports.broker}`);
    expect(Connectivity.CleanSession).toBe(true);
    expect(dynamicKeys?.current.value).toBe(clouds.keys.pair().current.valueHex);
    expect(Subscriptions.Data.DataTopics.map((topic) => topic.includes(';'))).toEqual(
      Array.from({ length: 10 }, (_, i) => i % 2 === 1),
    );
    const { Key: key, Cert: cert, RootCA: ca } = Connectivity.ClientCredentials;
    const client = connectClient(clouds, { clientId: Connectivity.ClientID, key, cert, ca });
    await until('CONNACK', client.isUp);
    await client.mqtt.subscribeAsync(Subscriptions.Key.KeyTopics);
    await until('keys', () => client.messages.length === 1);
  });

  test('can be bare, spelled otherwise, and written again with the keys of now', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const pem = read(clouds).Connectivity.ClientCredentials;
    clouds.writeUcenterFile({ armour: 'bare', keys: 'dynamickeys' });
    const { Connectivity, dynamicKeys, dynamickeys } = read(clouds);
    expect(dynamicKeys).toBeUndefined();
    expect(dynamickeys).toMatchObject({ current: { value: clouds.keys.pair().current.valueHex } });
    for (const name of ['Key', 'Cert', 'RootCA'] as const) {
      const bare = Connectivity.ClientCredentials[name];
      expect(bare).toMatch(/^[A-Za-z0-9+/]+=*$/);
      expect(pem[name].replaceAll('\n', '')).toContain(bare);
    }
    const before = clouds.keys.pair().next.valueHex;
    await clock.advance(29 * 86_400_000);
    clouds.writeUcenterFile();
    expect(read(clouds).dynamickeys).toMatchObject({ current: { value: before } });
  });
});
