// What survives a power cut of the simulated module: deviceWISE and other settings, context definitions, the profile.
// A file when one is given (written whole, then renamed), else memory only.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../../core/index.js';

/** The nine parameters of AT#DWCFG (specs/devicewise.md 1.2). */
export interface DeviceWiseConfig {
  serverUrl: string;
  deviceIdSelector: number;
  appToken: string;
  security: number;
  heartbeatSeconds: number;
  autoReconnect: number;
  overflowHandling: number;
  atrunInstanceId: number;
  serviceTimeoutSeconds: number;
}

export interface ContextDefinition {
  type: string;
  apn: string;
  login?: ContextLogin;
}

/** What +CGAUTH and its sisters set. */
export interface ContextLogin {
  /** 1 PAP, 2 CHAP, 3 either. */
  method: number;
  user: string;
  password: string;
}

/** What AT&W keeps. */
export interface StoredProfile {
  echo: boolean;
  verbose: boolean;
  quiet: boolean;
  sRegisters: Record<string, number>;
}

export interface Nvm {
  version: 1;
  deviceWise: DeviceWiseConfig;
  /** Feature 0 (remote AT) on or off. */
  remoteAt: boolean;
  /** By context id. */
  contexts: Record<string, ContextDefinition>;
  /** Other stored settings, by the name of their command. */
  settings: Record<string, string>;
  profile: StoredProfile;
}

export const FACTORY_PROFILE: Readonly<StoredProfile> = { echo: true, verbose: true, quiet: false, sRegisters: {} };

export const DEVICE_WISE_DEFAULTS: Readonly<DeviceWiseConfig> = {
  serverUrl: 'api.devicewise.com',
  deviceIdSelector: 0,
  appToken: '',
  security: 0,
  heartbeatSeconds: 60,
  autoReconnect: 2,
  overflowHandling: 0,
  atrunInstanceId: 4,
  serviceTimeoutSeconds: 5,
};

export function factoryNvm(apn: string): Nvm {
  return {
    version: 1,
    deviceWise: { ...DEVICE_WISE_DEFAULTS },
    remoteAt: false,
    contexts: { 1: { type: 'IPV4V6', apn } },
    settings: {},
    profile: { ...FACTORY_PROFILE, sRegisters: {} },
  };
}

export interface NvmStore {
  readonly data: Nvm;
  /** Makes `data` durable; when this returns, the module may say OK. A failing disk is logged, not thrown. */
  save(): void;
}

export function openNvm(file: string | undefined, factory: Nvm, log: Logger): NvmStore {
  const data = (file === undefined ? undefined : readNvm(file, factory, log)) ?? factory;
  return {
    data,
    save() {
      if (file === undefined) return;
      try {
        writeWhole(file, `${JSON.stringify(data, undefined, 2)}\n`);
      } catch (error) {
        log.warn('sim.nvm-write', { file, error });
      }
    },
  };
}

function readNvm(file: string, factory: Nvm, log: Logger): Nvm | undefined {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Nvm>;
    if (read.version !== 1) throw new Error('unknown version');
    // Missing parts come from the factory, so that an older file still works.
    return {
      ...factory,
      ...read,
      deviceWise: { ...factory.deviceWise, ...read.deviceWise },
      settings: { ...factory.settings, ...read.settings },
      profile: { ...factory.profile, ...read.profile },
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn('sim.nvm-unreadable', { file, error });
    return undefined;
  }
}

function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.tmp`;
  // It holds the app token.
  const handle = openSync(temporary, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
}
