// The simulated clouds as one thing: authority, provisioning service and broker, with one description that tells any
// program how to talk to them.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, createDisposer, type Logger } from '../../core/index.js';
import { type CorrectionStream, createCorrectionStream } from '../cadence.js';
import { createCaptureStream } from '../capture.js';
import { createSimKeys, DEFAULT_KEY_SEED, type SimKeys } from '../keys.js';
import { type BrokerOptions, createSimBroker, type SimBroker } from './broker.js';
import { startFeed } from './feed.js';
import { privateFolder } from './files.js';
import { openPki, type Pki } from './pki.js';
import { openRegistry } from './registry.js';
import { ALL_TOPICS } from './topics.js';
import { createSimZtp, type SimZtp } from './ztp.js';

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
  };
}

export interface SimCloudsOptions {
  clock: Clock;
  log: Logger;
  /** Authority and account are kept in its folder `sim`. */
  stateDir: string;
  /** Fixed ports; 0 or absent = any free one. */
  ports?: { ztp?: number; broker?: number };
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
}

export interface SimClouds extends AsyncDisposable {
  readonly description: CloudsDescription;
  readonly ztp: SimZtp;
  readonly broker: SimBroker;
  readonly keys: SimKeys;
  /** Issues further certificates (tests, other programs). */
  readonly pki: Pki;
  /** Is there a network in between? False cuts every connection, live and new. */
  setReachable(isReachable: boolean): void;
  readonly isReachable: boolean;
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
  const stream =
    options.stream ??
    (recording
      ? createCaptureStream({ clock }, { recording, speed: options.capture?.speed ?? 1 })
      : createCorrectionStream({ clock, keys, seed }));

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
    const ztp = disposer.use(
      await createSimZtp(
        { clock, log, pki, registry, keys, brokerHost: () => `localhost:${broker.door.port}` },
        { port: options.ports?.ztp ?? 0 },
      ),
    );
    const feed = startFeed({ broker, keys, stream });
    disposer.add(() => feed.stop());

    let isReachable = true;
    const setReachable = (value: boolean): void => {
      if (value !== isReachable) log.info('sim.clouds.reachable', { reachable: value });
      isReachable = value;
      broker.door.setReachable(value);
      ztp.door.setReachable(value);
    };
    if (options.reachable === false) setReachable(false);

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
        },
      },
      ztp,
      broker,
      keys,
      pki,
      setReachable,
      get isReachable() {
        return isReachable;
      },
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
