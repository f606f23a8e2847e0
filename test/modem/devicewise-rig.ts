// A Telit module with a scripted deviceWISE client, and a modem that is up on it.
import { Secret, WaymarkError } from '../../src/core/index.js';
import type { DeviceWiseOptions, DeviceWiseSession, ModemOptions, TrafficDelta } from '../../src/modem/index.js';
import { during } from './during.js';
import { createFakeModule, type FakeModule } from './fake-module.js';
import { type Rig, rig } from './rig.js';

export const TOKEN = 'Abcd1234Efgh5678';
export const token = (value = TOKEN): Secret => new Secret('app-token', value);

export const OPTIONS: DeviceWiseOptions = {
  server: 'h.example:8883',
  deviceIdSelector: 0,
  appToken: token(),
  security: 1,
  heartbeatSeconds: 60,
  autoReconnect: 0,
  overflowHandling: 0,
  atrunInstanceId: 4,
  serviceTimeoutSeconds: 5,
};

/** What the client of the module does. */
export interface Script {
  connect: 0 | 1;
  status: 0 | 1 | 2 | 3;
  lastError: number;
  /** Tokens the server takes. */
  good: string[];
  /** What the server says to another one. */
  refusal: number;
  /** Of the network, while nothing is wrong with the token; 0: it connects. */
  trouble: number;
  /** On: without a context nothing is started. */
  pdpGuard: boolean;
  /** OK at once; `status` is set by the test. */
  isAsync: boolean;
  /** The client does not answer a stop. */
  stopsSilently: boolean;
  bytesIn: number;
  bytesOut: number;
  latencyMs: number;
  remoteAt: 0 | 1;
  sslen: 0 | 1;
  authMode: 0 | 1;
}

export interface DeviceWiseRig extends Rig {
  script: Script;
  traffic: TrafficDelta[];
  open(options?: { token?: Secret; signal?: AbortSignal }): Promise<DeviceWiseSession | WaymarkError>;
  /** Errors as values and no session wanted. */
  refused(options?: { token?: Secret; signal?: AbortSignal }): Promise<WaymarkError>;
  session(options?: { token?: Secret }): Promise<DeviceWiseSession>;
  /** What was sent of the client's life, from here on: `?`, `1`, `0`, `status`. */
  said(): string[];
  clear(): void;
}

function client(module: FakeModule): Script {
  const script: Script = {
    connect: 0,
    status: 0,
    lastError: 0,
    good: [TOKEN],
    refusal: -18207,
    trouble: 0,
    pdpGuard: true,
    isAsync: false,
    stopsSilently: false,
    bytesIn: 0,
    bytesOut: 0,
    latencyMs: 120,
    remoteAt: 0,
    sslen: 0,
    authMode: 0,
  };
  const start = (): string[] => {
    if (script.connect === 1) return ['ERROR'];
    const isUp = module.state.contexts.get(1)?.active === true;
    if (!isUp && script.pdpGuard) return ['+CME ERROR: 556'];
    script.connect = 1;
    if (script.isAsync) {
      script.status = 1;
      return ['OK'];
    }
    const used = module.state.dwcfg?.split(',')[2] ?? '';
    if (!isUp) script.lastError = -18304;
    else if (script.trouble !== 0) script.lastError = script.trouble;
    else script.lastError = script.good.includes(used) ? 0 : script.refusal;
    script.status = script.lastError === 0 ? 2 : 3;
    return [script.lastError === 0 ? 'OK' : 'ERROR'];
  };
  const stop = (): string[] => {
    if (script.stopsSilently) return [];
    if (script.connect === 0) return ['ERROR'];
    Object.assign(script, { connect: 0, status: 0, lastError: 0 });
    return ['OK'];
  };
  const answer = (command: string): string[] | undefined => {
    switch (command) {
      case 'AT#DWCONN?':
        return [`#DWCONN: ${script.connect},${script.status}`, 'OK'];
      case 'AT#DWCONN=1':
        return start();
      case 'AT#DWCONN=0':
        return stop();
      case 'AT#DWSTATUS': {
        const { status, lastError, bytesIn, bytesOut } = script;
        const latency = status === 2 ? script.latencyMs : -1;
        return [`#DWSTATUS: ${status},${status === 2 ? 0 : lastError},${latency},3,4,${bytesIn},${bytesOut}`, 'OK'];
      }
      case 'AT#DWLRCV':
        return ['#DWLRCV: 0', 'OK'];
      case 'AT#DWEN?':
        return [`#DWEN: 0,${script.remoteAt},0,0,0,0,0`, 'OK'];
      case 'AT#SSLEN?':
        return [`#SSLEN: 1,${script.sslen}`, 'OK'];
      case 'AT#SSLSECCFG?':
        return [`#SSLSECCFG: 1,0,${script.authMode},1`, 'OK'];
      default:
    }
    const set = /^AT#(DWEN=0|SSLEN=1|SSLSECCFG=1,0),([01])(?:,1)?$/.exec(command);
    if (!set) return undefined;
    const value = set[2] === '1' ? 1 : 0;
    if (set[1]?.startsWith('DWEN')) script.remoteAt = value;
    else if (set[1]?.startsWith('SSLEN')) script.sslen = value;
    else script.authMode = value;
    return ['OK'];
  };
  module.behaviours.push((command, fake) => {
    const lines = answer(command);
    if (lines === undefined) return false;
    fake.answer(...lines);
    return true;
  });
  return script;
}

const WORDS: Readonly<Record<string, string>> = {
  'AT#DWCONN?': '?',
  'AT#DWCONN=1': '1',
  'AT#DWCONN=0': '0',
  'AT#DWSTATUS': 'status',
};

export async function deviceWiseRig(
  changes: Partial<DeviceWiseOptions> = {},
  modem: Partial<ModemOptions> = {},
): Promise<DeviceWiseRig> {
  const module = createFakeModule();
  const script = client(module);
  const traffic: TrafficDelta[] = [];
  const set = rig({ ...modem, deviceWise: { ...OPTIONS, ...changes } }, module, undefined, {
    onDeviceWiseTraffic: (delta) => void traffic.push(delta),
  });
  const outcome = await set.up();
  if (outcome !== 'up') throw new Error(`not up: ${JSON.stringify(outcome)}`);
  module.received.length = 0;

  const open: DeviceWiseRig['open'] = async ({ token: appToken = token(), signal = set.signal } = {}) => {
    const opening = set.modem.deviceWise.open({ appToken, signal }).catch((error: unknown) => {
      if (error instanceof WaymarkError) return error;
      throw error;
    });
    return (await during(set.clock, opening)) as DeviceWiseSession | WaymarkError;
  };
  return {
    ...set,
    script,
    traffic,
    open,
    async refused(options) {
      const end = await open(options);
      if (!(end instanceof WaymarkError)) throw new Error('it opened');
      return end;
    },
    async session(options) {
      const end = await open(options);
      if (end instanceof WaymarkError) throw end;
      return end;
    },
    said: () => module.received.map((command) => WORDS[command]).filter((word) => word !== undefined),
    clear: () => void (module.received.length = 0),
  };
}
