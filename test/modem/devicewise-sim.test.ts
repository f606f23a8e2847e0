// The client on the simulated module, whose own client speaks MQTT to a small server in memory.
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createModem, type DeviceWiseOptions, type DeviceWiseSession } from '../../src/modem/index.js';
import type { ModuleDeviceWise } from '../../src/services/devicewise/types.js';
import { type DeviceWiseKnobs, deviceWise, type SimModuleOptions } from '../../src/sim/module/index.js';
import { type Connect, connack, cutPacket, pingresp, publish } from '../../src/sim/mqtt-wire.js';
import { OPTIONS, TOKEN, token } from './devicewise-rig.js';
import { during } from './during.js';
import { simBench } from './sim-bench.js';

const CA = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0Mw\n-----END CERTIFICATE-----\n';

/** Welcomes one token, and answers every request with success. */
function server() {
  const state = {
    connects: [] as Connect[],
    ca: [] as (string | undefined)[],
    good: TOKEN,
    road: undefined as Duplex | undefined,
  };
  const dial = ({ caPem }: { caPem?: string }): Promise<Duplex> => {
    const [theirs, ours] = duplexPair();
    state.road = ours;
    state.ca.push(caPem);
    let heard = Buffer.alloc(0);
    ours.on('error', () => undefined);
    ours.on('close', () => theirs.destroy());
    ours.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      for (let cut = cutPacket(heard); cut.is === 'packet'; cut = cutPacket(heard)) {
        heard = heard.subarray(cut.length);
        const { packet } = cut;
        if (packet.is === 'connect') {
          state.connects.push(packet);
          ours.write(connack(packet.password === state.good ? 0 : 4));
          if (packet.password !== state.good) ours.end();
        } else if (packet.is === 'ping') ours.write(pingresp());
        else if (packet.is === 'publish')
          ours.write(publish(packet.topic.replace('api/', 'reply/'), Buffer.from('{"1":{"success":true}}')));
      }
    });
    return Promise.resolve(theirs);
  };
  return { state, dial };
}

async function simRig(
  knobs: Partial<DeviceWiseKnobs> = {},
  options: Partial<DeviceWiseOptions> = {},
  module: Partial<SimModuleOptions> = {},
) {
  const cloud = server();
  const bench = simBench({ profile: 'telit', deviceWise: { dial: cloud.dial, ...knobs }, ...module });
  const modem = createModem(
    { open: bench.open, clock: bench.clock, log: silentLogger },
    {
      port: '/dev/sim',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode: 'activate', contextId: 1, ipType: 'IPV4V6' },
      deviceWise: { ...OPTIONS, ...options },
    },
  );
  const { signal } = new AbortController();
  const up = () =>
    during(
      bench.clock,
      modem.bringUp({ signal }).then(() => 'up'),
    );
  expect(await up()).toBe('up');
  const open = async (appToken: Secret = token()) =>
    (await during(
      bench.clock,
      modem.deviceWise.open({ appToken, signal }).catch((error: unknown) => error as WaymarkError),
    )) as DeviceWiseSession | WaymarkError;
  const opened = async (appToken?: Secret): Promise<DeviceWiseSession> => {
    const end = await open(appToken);
    if (end instanceof WaymarkError) throw end;
    return end;
  };
  return { ...bench, cloud: cloud.state, modem, signal, up, open, opened };
}

describe('on the simulated module', () => {
  test.each([
    ['as usual', {}, {}],
    ['OK at once', { connOkIsAsync: true, connectMs: 6000 }, {}],
    ['bare errors', { errorForm: 'bare' }, {}],
    ['three parameters, Ctrl-Z, quotes', { sslSecCfgParams: 3, secDataEnd: 'ctrl-z', dwcfgReadForm: 'quotes' }, {}],
    ['byte by byte', { dwcfgReadForm: 'blanks' }, { chunking: 'one-byte' }],
  ] as const)('it connects with its authority, sends and is closed: %s', async (_name, knobs, module) => {
    const { opened, cloud, sim, clock, signal, taken, modem } = await simRig(knobs, { ca: CA }, module);
    expect(taken('AT#DWCFG=')).toHaveLength(1);
    const client = await opened();
    expect(cloud.connects[0]).toMatchObject({ level: 3, password: TOKEN, clientId: modem.snapshot().imei });
    expect(cloud.ca).toEqual([CA]);
    expect(await during(clock, client.request({ command: 'diag.ping' }, { signal }))).toEqual({ is: 'ok', params: {} });
    await during(clock, client.close());
    expect(sim.deviceWise.state()).toMatchObject({ isStarted: false });
    // Everything is in place already.
    const again = await opened();
    await during(clock, again.close());
    expect(taken('AT#DWCFG=')).toHaveLength(1);
    expect(taken('AT#SSLSECDATA=1,1')).toHaveLength(1);
    expect(taken('AT#SSLEN=')).toHaveLength(1);
  });

  test.each([
    ['as the server says it', {}, -18207],
    ['as another code', { authFailCode: -18205 }, -18205],
    ['OK at once', { connOkIsAsync: true }, -18207],
  ] as const)('a refused token leaves it stopped: %s', async (_name, knobs, code) => {
    const { open, cloud, sim, clock } = await simRig(knobs);
    cloud.good = 'Other1234Other56';
    expect(await open()).toMatchObject({ code: 'devicewise.refused', evidence: { code } });
    const tries = cloud.connects.length;
    await clock.advance(300_000);
    expect(cloud.connects).toHaveLength(tries);
    expect(sim.deviceWise.state()).toMatchObject({ isStarted: false });
  });

  test('a rotation that is refused is taken back', async () => {
    const { open, opened, cloud, taken } = await simRig();
    expect(await open(token('Next1234Next5678'))).toMatchObject({ code: 'devicewise.refused' });
    await opened();
    expect(cloud.connects.at(-1)).toMatchObject({ password: TOKEN });
    expect(taken('AT#DWCFG=')).toHaveLength(3);
  });

  test('a module without the client says so', async () => {
    const { open, modem, taken } = await simRig({ hasClient: false });
    expect(modem.deviceWise.support()).toBe('unsupported');
    expect(await open()).toMatchObject({ code: 'devicewise.no-client' });
    expect(taken('AT#DWCONN')).toEqual([]);
  });

  test.each([true, false])('a context that comes down is brought up again, pdpGuard %s', async (pdpGuard) => {
    const { opened, modem, clock, signal, sim } = await simRig({ pdpGuard });
    const client = await opened();
    const down = modem.run('AT#SGACT=1,0', { signal });
    await during(clock, down);
    expect(await during(clock, client.closed)).toMatchObject({ code: 'devicewise.lost' });
    expect(sim.deviceWise.state()).toMatchObject({ isStarted: false });
    await during(clock, (await opened()).close());
  });

  test('the module drives: a broken connection comes back by itself', async () => {
    const { opened, sim, clock, cloud, taken } = await simRig({}, { autoReconnect: 3 });
    await opened();
    sim.deviceWise.drop();
    await clock.advance(70_000);
    expect(sim.deviceWise.state()).toMatchObject({ isStarted: true, status: 2 });
    expect(cloud.connects).toHaveLength(2);
    expect(taken('AT#DWCONN=0')).toEqual([]);
  });

  test('the host drives: a broken connection is stopped, and opened again', async () => {
    const { opened, sim, clock, cloud } = await simRig({ retriesInModeZero: false });
    const client = await opened();
    sim.deviceWise.drop();
    expect(await during(clock, client.closed)).toMatchObject({ code: 'devicewise.lost', evidence: { code: -18323 } });
    expect(sim.deviceWise.state()).toMatchObject({ isStarted: false });
    await opened();
    expect(cloud.connects).toHaveLength(2);
  });

  test('a module that restarts closes it, and is opened again after the bring-up', async () => {
    const { opened, clock, powerCycle, up } = await simRig();
    const client = await opened();
    powerCycle();
    const closed = (await during(clock, client.closed)) as WaymarkError;
    expect(closed.code).toMatch(/^(?:modem\.reset|modem\.timeout|devicewise\.lost)$/);
    expect(await up()).toBe('up');
    await opened();
  });

  test('it is what the service asks for', async () => {
    const { modem } = await simRig();
    const asked: ModuleDeviceWise = modem.deviceWise;
    expect(asked.support()).toBe('supported');
  });

  test('behaviours reach it while it runs', async () => {
    const { sim, open } = await simRig();
    sim.push(deviceWise({ pdpGuard: false, connectMs: 12_000 }));
    expect(await open()).not.toBeInstanceOf(WaymarkError);
  });
});
