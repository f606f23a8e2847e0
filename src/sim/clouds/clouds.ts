// The simulated clouds as one thing: authority, provisioning service, broker and caster, with one description that tells any
// program how to talk to them.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, createDisposer, type Logger } from '../../core/index.js';
import { type CorrectionStream, createCorrectionStream } from '../cadence.js';
import { createCaptureStream } from '../capture.js';
import { createSimKeys, DEFAULT_KEY_SEED, type SimKeys } from '../keys.js';
import { factoryIccid, factoryImei } from '../module/initial.js';
import { type AssistNowDescription, createSimAssistNow, type SimAssistNow } from './assistnow.js';
import { type BrokerOptions, createSimBroker, type SimBroker } from './broker.js';
import { createSimCaster, type SimCaster } from './caster.js';
import { createCasterSources } from './caster-sources.js';
import { createSimDeviceWise, type DeviceWiseDescription, type SimDeviceWise } from './devicewise/index.js';
import type { Door } from './door.js';
import { startFeed } from './feed.js';
import { privateFolder } from './files.js';
import { createSimLosant, type LosantDescription, type SimLosant } from './losant/index.js';
import { openPki, type Pki } from './pki.js';
import { openRegistry } from './registry.js';
import { createSimThingSpace, type SimThingSpace, type ThingSpaceDescription } from './thingspace/index.js';
import { ALL_TOPICS } from './topics.js';
import { DEFAULT_UCENTER, type UcenterSettings, writeUcenterFile } from './ucenter.js';
import { createSimZtp, type SimZtp } from './ztp.js';
import type { ZtpPlan } from './ztp-rules.js';

/** How to reach the simulated clouds. Holds the simulated ZTP token: hand it over, do not log it. */
export interface CloudsDescription {
  /** PEM file of the authority that signed both servers. */
  caFile: string;
  ztp: { url: string; token: string };
  pointperfect: {
    mqtt: {
      host: string;
      port: number;
      /** A ready identity for other programs (not a gateway's). */
      clientId: string;
      certFile: string;
      keyFile: string;
      topics: readonly string[];
    };
    /** A ready account at the caster for other programs (not a gateway's). */
    ntrip: {
      host: string;
      port: number;
      tlsPort: number;
      mountPoint: string;
      userName: string;
      password: string;
    };
    /** The ready identity of `mqtt` as a u-center file. */
    ucenterConfigFile: string;
  };
  assistnow: AssistNowDescription;
  thingspace: ThingSpaceDescription;
  losant: LosantDescription;
  devicewise: DeviceWiseDescription;
}

/** Ports that can be fixed, by the name of `--port NAME=N`; each is remembered from run to run. */
export const CLOUD_PORTS = [
  'ztp',
  'broker',
  'caster',
  'casterTls',
  'assistnow',
  'thingspace',
  'losantRest',
  'losantBroker',
  'losantPlain',
  'devicewiseBroker',
  'devicewisePlain',
  'devicewiseHttp',
] as const;
export type CloudPortName = (typeof CLOUD_PORTS)[number];
export type CloudPorts = Partial<Record<CloudPortName, number>>;

export interface SimCloudsOptions {
  clock: Clock;
  log: Logger;
  /** Authority and account are kept in its folder `sim`. */
  stateDir: string;
  /** Fixed ports; 0 or absent = any free one. */
  ports?: CloudPorts;
  /** What the device profile is for (default `mqtt`). */
  plan?: ZtpPlan;
  /** Plays a recording once, `speed` times as fast as it was recorded, instead of the generated stream. */
  capture?: { file: string; speed: number };
  /** Keys and noise follow from it. */
  seed?: string;
  /** Instead of keys made from the seed. */
  keys?: SimKeys;
  /** Instead of the generated stream. */
  stream?: CorrectionStream;
  /** False: every connection is cut until `setReachable(true)`. */
  reachable?: boolean;
  tls?: BrokerOptions['tls'];
  /** The gateway's module and card, as the network operator knows them (default: those of a module without options). */
  line?: { imei: string; iccid: string };
}

export interface SimClouds extends AsyncDisposable {
  readonly description: CloudsDescription;
  readonly ztp: SimZtp;
  readonly broker: SimBroker;
  readonly caster: SimCaster;
  readonly assistnow: SimAssistNow;
  readonly thingspace: SimThingSpace;
  readonly losant: SimLosant;
  readonly devicewise: SimDeviceWise;
  /** The ports in use. */
  readonly ports: Readonly<Record<CloudPortName, number>>;
  readonly keys: SimKeys;
  /** Issues further certificates (tests, other programs). */
  readonly pki: Pki;
  /** Is there a network in between? False cuts every connection, live and new. */
  setReachable(isReachable: boolean): void;
  /** The network and nothing by hand in its way: what `setReachable` and `setOutage` come to. */
  readonly isReachable: boolean;
  /** True cuts every connection whatever the network does, until false. */
  setOutage(isOut: boolean): void;
  /** Writes the u-center file again, in another spelling or with the keys of now. */
  writeUcenterFile(changes?: Partial<UcenterSettings>): void;
  /** Sends the keys again on both key topics. */
  publishKeys(): void;
  /** Stops the broker alone. */
  killBroker(): Promise<void>;
  /** Starts it again on the same port. */
  startBroker(): Promise<void>;
}

/** Starts the clouds. Errors: `demo.port` when a port cannot be had; a capture file that cannot be read rejects as node does. */
export async function createSimClouds(options: SimCloudsOptions): Promise<SimClouds> {
  const { clock, log } = options;
  const folder = resolve(options.stateDir, 'sim');
  privateFolder(folder);
  const seed = options.seed ?? DEFAULT_KEY_SEED;
  const keys = options.keys ?? createSimKeys(clock, seed);
  const recording = options.capture ? await readFile(options.capture.file) : undefined;
  // Broker and caster play it each on their own.
  const played = () => recording && createCaptureStream({ clock }, { recording, speed: options.capture?.speed ?? 1 });
  const stream = options.stream ?? played() ?? createCorrectionStream({ clock, keys, seed });

  const pki = await openPki(join(folder, 'pki'), clock);
  const registry = openRegistry(join(folder, 'things.json'));
  const spare = await pki.keptClient('client', registry.spareClientId);

  const disposer = createDisposer();
  try {
    const broker = disposer.use(
      await createSimBroker(
        { clock, log, pki, registry },
        { port: options.ports?.broker ?? 0, ...(options.tls ? { tls: options.tls } : {}) },
      ),
    );
    const recorded = played();
    const caster = disposer.use(
      await createSimCaster(
        {
          ...{ clock, log, pki, seed },
          sources: createCasterSources({ clock }, { seed, ...(recorded ? { recorded } : {}) }),
          account: (userName) => registry.ntripUser(userName),
        },
        { port: options.ports?.caster ?? 0, tlsPort: options.ports?.casterTls ?? 0 },
      ),
    );
    const ztp = disposer.use(
      await createSimZtp(
        {
          ...{ clock, log, pki, registry, keys },
          brokerHost: () => `localhost:${broker.door.port}`,
          casterPorts: () => ({ plain: caster.door.port, tls: caster.tlsDoor.port }),
        },
        { port: options.ports?.ztp ?? 0 },
      ),
    );
    if (options.plan) ztp.configure({ plan: options.plan });
    const assistnow = disposer.use(
      await createSimAssistNow({ clock, log, pki, ztp, folder, seed }, { port: options.ports?.assistnow ?? 0 }),
    );
    const line = options.line ?? { imei: factoryImei(), iccid: factoryIccid() };
    const thingspace = disposer.use(
      await createSimThingSpace({ clock, log, pki, folder, ...line }, { port: options.ports?.thingspace ?? 0 }),
    );
    const { losantRest, losantBroker, losantPlain } = options.ports ?? {};
    const losant = disposer.use(
      await createSimLosant(
        { clock, log, pki, folder },
        { rest: losantRest ?? 0, broker: losantBroker ?? 0, plain: losantPlain ?? 0 },
      ),
    );
    const { devicewiseBroker, devicewisePlain, devicewiseHttp } = options.ports ?? {};
    const devicewise = disposer.use(
      await createSimDeviceWise(
        { clock, log, pki, folder, seed },
        { broker: devicewiseBroker ?? 0, plain: devicewisePlain ?? 0, http: devicewiseHttp ?? 0 },
      ),
    );
    const feed = startFeed({ broker, keys, stream, clock, seed });
    disposer.add(() => feed.stop());

    const doors: Readonly<Record<CloudPortName, Door>> = {
      ztp: ztp.door,
      broker: broker.door,
      caster: caster.door,
      casterTls: caster.tlsDoor,
      assistnow: assistnow.door,
      thingspace: thingspace.door,
      losantRest: losant.rest.door,
      losantBroker: losant.broker.door,
      losantPlain: losant.broker.plainDoor,
      devicewiseBroker: devicewise.broker.door,
      devicewisePlain: devicewise.broker.plainDoor,
      devicewiseHttp: devicewise.http.door,
    };
    const ports = Object.fromEntries(Object.entries(doors).map(([name, door]) => [name, door.port])) as Readonly<
      Record<CloudPortName, number>
    >;
    let hasNetwork = true;
    let isOut = false;
    let isReachable = true;
    const settle = (): void => {
      const now = hasNetwork && !isOut;
      if (now !== isReachable) log.info('sim.clouds.reachable', { reachable: now });
      isReachable = now;
      for (const door of Object.values(doors)) door.setReachable(now);
    };
    const setReachable = (value: boolean): void => {
      hasNetwork = value;
      settle();
    };
    if (options.reachable === false) setReachable(false);

    const ucenterConfigFile = join(folder, 'ucenter.json');
    let ucenter = DEFAULT_UCENTER;
    const writeUcenter = (changes: Partial<UcenterSettings> = {}): void => {
      ucenter = { ...ucenter, ...changes };
      const { spareClientId: clientId } = registry;
      const facts = { clientId, ...spare, caPem: pki.caPem, brokerPort: broker.door.port, keys };
      writeUcenterFile(ucenterConfigFile, facts, ucenter);
    };
    writeUcenter();

    return {
      description: {
        caFile: pki.caFile,
        ztp: { url: ztp.url, token: registry.token },
        pointperfect: {
          mqtt: {
            host: 'localhost',
            port: broker.door.port,
            clientId: registry.spareClientId,
            ...spare,
            topics: ALL_TOPICS,
          },
          ntrip: {
            host: 'localhost',
            port: caster.door.port,
            tlsPort: caster.tlsDoor.port,
            mountPoint: 'NEAR-SPARTN',
            ...registry.spareNtrip,
          },
          ucenterConfigFile,
        },
        assistnow: assistnow.description,
        thingspace: thingspace.description,
        losant: losant.description,
        devicewise: devicewise.description,
      },
      ztp,
      broker,
      caster,
      assistnow,
      thingspace,
      losant,
      devicewise,
      ports,
      keys,
      pki,
      setReachable,
      get isReachable() {
        return isReachable;
      },
      setOutage(value) {
        isOut = value;
        settle();
      },
      writeUcenterFile: writeUcenter,
      publishKeys: feed.publishKeys,
      killBroker: () => broker.kill(),
      startBroker: () => broker.start(),
      async [Symbol.asyncDispose]() {
        await disposer[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await disposer[Symbol.asyncDispose]();
    throw error;
  }
}
