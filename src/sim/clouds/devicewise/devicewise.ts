// The simulated deviceWISE: its platform, an MQTT front with two ports and an HTTP front (specs/devicewise.md 2, 5.2, rows 30
// to 42). Healthy by default; what is not known for certain is a knob (settings.ts, front-settings.ts), faults are pushed in
// front.
import { type Clock, createDisposer, type Logger } from '../../../core/index.js';
import { createRandom } from '../../module/random.js';
import type { Pki, ServerFace } from '../pki.js';
import { createDeviceWiseBroker, type DeviceWiseBroker } from './broker.js';
import type { SimDeviceWisePlatform } from './control.js';
import { createFaultQueue, type DeviceWiseFault, type DeviceWiseFront } from './faults.js';
import { createFrontLedger, type DeviceWiseFrontLedger } from './front-ledger.js';
import { DEFAULT_DEVICEWISE_FRONT, type DeviceWiseFrontSettings } from './front-settings.js';
import { API_PATH, createDeviceWiseHttp, type DeviceWiseHttp } from './http.js';
import { createDeviceWisePlatform } from './platform.js';
import type { DeviceWiseSettings } from './settings.js';
import type { DeviceWiseDescription } from './types.js';

export interface SimDeviceWise extends AsyncDisposable {
  readonly description: DeviceWiseDescription;
  /** Things, tokens, methods, what was stored. */
  readonly platform: SimDeviceWisePlatform;
  readonly broker: DeviceWiseBroker;
  readonly http: DeviceWiseHttp;
  /** What the fronts have seen; the platform has a ledger of its own. */
  readonly seen: DeviceWiseFrontLedger;
  /** Of platform and fronts. */
  readonly settings: DeviceWiseSettings & DeviceWiseFrontSettings;
  configure(changes: Partial<DeviceWiseSettings & DeviceWiseFrontSettings>): void;
  /** The next `times` requests (default 1) of one front, or of any that can show it, get this; faults queue up. */
  pushFault(fault: DeviceWiseFault, options?: { times?: number; front?: DeviceWiseFront }): void;
  clearFaults(): void;
  /** What certificate both servers show from now on. */
  show(face: ServerFace): Promise<void>;
}

export interface DeviceWiseDeps {
  clock: Clock;
  log: Logger;
  pki: Pki;
  /** The account is kept in it. */
  folder: string;
  /** The ready token and the order of shuffled answers follow from it. */
  seed?: string;
}

const seedNumber = (seed: string): number =>
  Buffer.from(seed).reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7);

const FRONT_NAMES: ReadonlySet<string> = new Set(Object.keys(DEFAULT_DEVICEWISE_FRONT));

/** Starts both servers. Errors: `demo.port`. */
export async function createSimDeviceWise(
  { clock, log, pki, folder, seed = '' }: DeviceWiseDeps,
  ports: { broker?: number; plain?: number; http?: number } = {},
): Promise<SimDeviceWise> {
  const platform = createDeviceWisePlatform({ clock, log, folder, seed });
  const faults = createFaultQueue();
  const ledger = createFrontLedger();
  let front = DEFAULT_DEVICEWISE_FRONT;
  const settings = () => ({ ...platform.settings, ...front });
  const shared = { clock, log, pki, platform, settings, faults, ledger };
  const disposer = createDisposer();
  try {
    const broker = disposer.use(
      await createDeviceWiseBroker(
        { ...shared, random: createRandom(seedNumber(seed)) },
        { port: ports.broker ?? 0, plainPort: ports.plain ?? 0 },
      ),
    );
    const http = disposer.use(await createDeviceWiseHttp(shared, { port: ports.http ?? 0 }));

    return {
      get description() {
        return {
          appToken: platform.appToken,
          mqtt: { host: 'localhost', port: broker.door.port, plainPort: broker.plainDoor.port },
          http: { url: `https://localhost:${http.door.port}${API_PATH}` },
        };
      },
      platform,
      broker,
      http,
      seen: ledger,
      get settings() {
        return settings();
      },
      configure(changes) {
        const entries = Object.entries(changes);
        front = { ...front, ...Object.fromEntries(entries.filter(([name]) => FRONT_NAMES.has(name))) };
        platform.configure(Object.fromEntries(entries.filter(([name]) => !FRONT_NAMES.has(name))));
      },
      pushFault: (fault, { times = 1, front: where } = {}) =>
        faults.push(fault, { times, ...(where === undefined ? {} : { front: where }) }),
      clearFaults: () => faults.clear(),
      async show(face) {
        await Promise.all([broker.show(face), http.show(face)]);
      },
      [Symbol.asyncDispose]: () => disposer[Symbol.asyncDispose](),
    };
  } catch (error) {
    await disposer[Symbol.asyncDispose]();
    throw error;
  }
}
