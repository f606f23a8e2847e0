// Three ways of this gateway to the same simulated cloud, on a clock that stands still: the module's own client, and the
// gateway's roads over MQTT and HTTPS.
import {
  createFakeClock,
  type FakeClock,
  type MethodCall,
  Secret,
  silentLogger,
  type Timer,
  type Tr50Command,
  type Tr50Outcome,
  WaymarkError,
} from '../../src/core/index.js';
import { createModem, type DeviceWiseOptions, type Modem } from '../../src/modem/index.js';
import {
  createHttpRoad,
  createModuleRoad,
  createMqttRoad,
  type RoadOpener,
  type Tr50Road,
} from '../../src/services/index.js';
import type { Behaviour, DeviceWiseKnobs, SimModule, SimModuleOptions } from '../../src/sim/module/index.js';
import { OPTIONS } from '../modem/devicewise-rig.js';
import { type SimBench, simBench } from '../modem/sim-bench.js';
import { type CloudKnobs, type MemoryCloud, memoryCloud } from './memory-cloud.js';

export const CA =
  '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0Mw\n-----END CERTIFICATE-----\n';
const { signal: never } = new AbortController();

const QUICK_MS = 5000;

/** Time goes on until it settles: in small steps first, then in large ones. */
export async function settled<T>(clock: FakeClock, promise: Promise<T>, limitMs: number): Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined;
  promise.then(
    (value) => void (outcome = { value }),
    (error: unknown) => void (outcome = { error }),
  );
  const startMs = clock.mono();
  while (!outcome && clock.mono() - startMs < limitMs)
    await clock.advance(clock.mono() - startMs < QUICK_MS ? 100 : 1000);
  if (!outcome) throw new Error('it never settles');
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** Time goes on until it is so, at most for `limitMs`. */
export async function until(clock: FakeClock, isSo: () => boolean, limitMs: number): Promise<boolean> {
  const startMs = clock.mono();
  while (!isSo() && clock.mono() - startMs < limitMs)
    await clock.advance(clock.mono() - startMs < QUICK_MS ? 250 : 2500);
  return isSo();
}

/** One connection as the service has it, with a reader of its methods that acknowledges each. */
export interface Line {
  road: Tr50Road;
  ask(command: Tr50Command): Promise<Tr50Outcome>;
  close(): Promise<unknown>;
}

export interface Way {
  clock: FakeClock;
  cloud: MemoryCloud;
  /** As the cloud knows it. */
  thing: string;
  /** In the order they came; the reader has acknowledged each but `slow`. */
  calls: MethodCall[];
  open(token?: string): Promise<Line | WaymarkError>;
  /** Only of the module. */
  module?: { sim: SimModule; modem: Modem; bench: SimBench };
}

function wayOver(
  { clock, cloud, thing, module }: Pick<Way, 'clock' | 'cloud' | 'thing' | 'module'>,
  opener: RoadOpener,
): Way {
  const calls: MethodCall[] = [];
  const read = async (road: Tr50Road): Promise<void> => {
    for await (const call of road.methods) {
      calls.push(call);
      if (call.method === 'slow') continue;
      const params = { id: call.id, errorCode: 0, params: { applied: call.params['seconds'] ?? true } };
      await road.request([{ command: 'mailbox.ack', params }], { signal: never });
    }
  };
  const lineOf = (road: Tr50Road): Line => {
    void read(road);
    return {
      road,
      async ask(command) {
        const outcomes = await settled(clock, road.request([command], { signal: never }), 120_000);
        return outcomes[0] ?? { is: 'timeout' };
      },
      close: () => settled(clock, road.close(), 60_000),
    };
  };
  return {
    ...{ clock, cloud, thing, calls },
    ...(module ? { module } : {}),
    async open(token = cloud.platform.appToken) {
      try {
        const opening = opener.open({ appToken: new Secret('app-token', token), signal: never });
        return lineOf(await settled(clock, opening, 200_000));
      } catch (error) {
        if (error instanceof WaymarkError) return error;
        throw error;
      }
    },
  };
}

/** Reports of other things, and some that only look like ours. */
export const STORM = ['+CREG: 1', '#PSNT: 4', '+CIEV: rssi,4'];
export const LOOKALIKES = ['#DWRING: 1,61234,2', '#DWRING: 9,1,1', '#DWRING:', '#DWRING: 3,,4', '#DWDATA: 1,0,2'];

/** `count` lines at once, again and again. */
export function bursts(count: number, everyMs: number, texts: readonly string[]): Behaviour {
  let timer: Timer | undefined;
  let said = 0;
  const stop = (): void => timer?.cancel();
  return {
    attach(io) {
      const tick = (): void => {
        for (let i = 0; i < count; i++) io.urc(texts[said++ % texts.length] ?? '');
        timer = io.clock.after(everyMs, tick);
      };
      tick();
      return stop;
    },
    dispose: stop,
  };
}

export interface ModuleWayOptions {
  knobs?: Partial<DeviceWiseKnobs>;
  cloudKnobs?: CloudKnobs;
  module?: Partial<SimModuleOptions>;
  modem?: Partial<DeviceWiseOptions>;
  isStormy?: boolean;
}

/** By the module's own client; the modem is up. */
export async function moduleWay({
  knobs,
  cloudKnobs,
  module,
  modem: changes,
  isStormy,
}: ModuleWayOptions = {}): Promise<Way & Required<Pick<Way, 'module'>>> {
  const behind: { cloud?: MemoryCloud } = {};
  const dial = () => behind.cloud?.dial() ?? Promise.reject(new Error('no cloud yet'));
  const bench = simBench({ profile: 'telit', latencyScale: 1, ...module, deviceWise: { dial, ...knobs } });
  const { clock, sim } = bench;
  const cloud = memoryCloud(clock);
  behind.cloud = cloud;
  cloud.configure(cloudKnobs ?? {});
  const modem = createModem(
    { open: bench.open, clock, log: silentLogger },
    {
      ...{ port: '/dev/sim', baudRate: 115_200, profile: 'auto', commandGapMs: 0, pollSeconds: 15 },
      bearer: { mode: 'activate', contextId: 1, ipType: 'IPV4V6' },
      deviceWise: { ...OPTIONS, appToken: new Secret('app-token', cloud.platform.appToken), ca: CA, ...changes },
    },
  );
  await settled(clock, modem.bringUp({ signal: never }), 200_000);
  if (isStormy === true) {
    sim.push(bursts(10, 1000, STORM));
    sim.push(bursts(1, 3000, LOOKALIKES));
  }
  const thing = modem.snapshot().imei ?? '';
  return {
    ...wayOver({ clock, cloud, thing }, createModuleRoad({ clock, log: silentLogger, module: modem.deviceWise })),
    module: { sim, modem, bench },
  };
}

const THING = 'gateway-1';

/** By the gateway's own road over MQTT (or HTTPS). */
export function gatewayWay(
  transport: 'mqtt' | 'http',
  {
    cloudKnobs = {},
    isByteWise = false,
    isStormy = false,
    compress = false,
  }: {
    cloudKnobs?: CloudKnobs;
    isByteWise?: boolean;
    isStormy?: boolean;
    compress?: boolean;
  } = {},
): Way {
  const clock = createFakeClock();
  const cloud = memoryCloud(clock, { isByteWise });
  cloud.configure(cloudKnobs);
  if (isStormy) {
    const again = (): void => {
      cloud.notifyAll();
      clock.after(1000, again);
    };
    again();
  }
  const applicationId = { is: 'own', value: new Secret('application-id', '0123456789abcdef'.repeat(2)) } as const;
  const deps = { clock, log: silentLogger, identity: async () => ({ thingKey: THING, applicationId }) };
  const opener =
    transport === 'mqtt'
      ? createMqttRoad(
          { ...deps, connect: () => cloud.dial() },
          { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress },
        )
      : createHttpRoad(
          { ...deps, http: cloud.http, appToken: { status: () => ({ state: 'valid' }) as never } },
          { url: 'https://cloud.example/api', pollSeconds: 30, maxRequestBytes: 32_768 },
        );
  return wayOver({ clock, cloud, thing: THING }, opener);
}
