// Which Losant device this gateway is, with its key: as configured, or as its enrolment says.
import { open, unlink } from 'node:fs/promises';
import type { Config } from '../../config/index.js';
import { type Clock, type Logger, WaymarkError } from '../../core/index.js';
import type { Modem } from '../../modem/index.js';
import type { HttpsClient } from '../../net/index.js';
import {
  createLosantEnrolment,
  type EnrolmentSnapshot,
  type LosantCredentials,
  type LosantIdentity,
  losantEnrolmentCodec,
  losantIdentityCodec,
} from '../../services/index.js';
import { type Credential, createCredential, credentialMemoryCodec, type Vault } from '../../vault/index.js';
import type { CredentialSet } from '../credentials.js';
import { version } from '../version.js';
import { moduleIdentifier } from './own-number.js';

export interface LosantDevice {
  apiUrl: string;
  /** `host` or `host:port`. */
  broker: string;
  applicationId?: string;
  deviceId: string;
  credentials: LosantCredentials;
}

export interface LosantDeviceDeps {
  settings: NonNullable<Config['losant']>;
  clock: Clock;
  log: Logger;
  vault: Vault;
  credentials: CredentialSet;
  modem: Modem | undefined;
  http: HttpsClient;
  ca: readonly string[] | undefined;
}

export interface LosantDeviceSource extends Disposable {
  /** Waits for the enrolment where there is one to wait for. Errors: those of the enrolment, `losant.config`. */
  whenKnown(signal: AbortSignal): Promise<LosantDevice>;
  snapshot(): Pick<EnrolmentSnapshot, 'state' | 'sentence' | 'reason'>;
}

export function createLosantDevice(deps: LosantDeviceDeps): LosantDeviceSource {
  const { settings } = deps;
  const own = deps.credentials.losant;
  if (settings.deviceId !== undefined && (own?.accessKey ?? own?.applicationToken)) return configured(deps);
  return enrolled(deps);
}

function configured({ settings, credentials }: LosantDeviceDeps): LosantDeviceSource {
  const { accessKey, accessSecret, applicationToken } = credentials.losant ?? {};
  const device: LosantDevice = {
    ...{ apiUrl: settings.apiUrl, broker: settings.broker, deviceId: settings.deviceId ?? '' },
    ...(settings.applicationId === undefined ? {} : { applicationId: settings.applicationId }),
    credentials: {
      ...(accessKey ? { accessKey } : {}),
      ...(accessSecret ? { accessSecret } : {}),
      ...(applicationToken ? { applicationToken } : {}),
    },
  };
  return {
    whenKnown: () => Promise.resolve(device),
    snapshot: () => ({ state: 'done', sentence: 'Not connected to Losant yet.' }),
    [Symbol.dispose]: () => undefined,
  };
}

function enrolled(deps: LosantDeviceDeps): LosantDeviceSource {
  const { settings, clock, log, vault, credentials, modem, http, ca } = deps;
  const { enrol } = settings;
  const token = credentials.losant?.enrolment;
  const made: Credential[] = [];
  const offs: (() => void)[] = [];
  const enrolment =
    enrol &&
    token &&
    createLosantEnrolment(
      {
        ...{ http, clock, log, token, ca, agentVersion: version },
        slots: {
          identity: vault.slot('losant-identity', losantIdentityCodec),
          journal: vault.slot('losant-enrolment', losantEnrolmentCodec),
        },
        async hardware(signal) {
          const imei = await moduleIdentifier(modem, 'imei', signal);
          const { iccid, model } = modem?.snapshot() ?? {};
          return { imei, ...(iccid === undefined ? {} : { iccid }), ...(model === undefined ? {} : { model }) };
        },
        eraseToken: () => erase(credentials.fileOf('losant-enrolment')?.path),
      },
      {
        ...{ mode: enrol.mode, url: enrol.url, apiUrl: settings.apiUrl, applicationId: settings.applicationId },
        ...{ tags: enrol.tags, keepToken: enrol.keepToken },
        credentialIds: credentials.statuses().map(({ id }) => id),
      },
    );

  /** The pair of the enrolment, as credentials that status shows. */
  async function asCredentials({ key, secret }: LosantIdentity): Promise<LosantCredentials> {
    const make = (id: string, kind: 'access-key' | 'access-secret', value: LosantIdentity['key']): Credential => {
      const slot = vault.slot(`credential-${id}`, credentialMemoryCodec);
      const credential = createCredential({ clock, log, slot }, { id, kind, load: () => Promise.resolve({ value }) });
      made.push(credential);
      offs.push(credentials.add(credential));
      return credential;
    };
    const accessKey = make('losant-access-key', 'access-key', key);
    const accessSecret = make('losant-access-secret', 'access-secret', secret);
    await Promise.all([accessKey.reload(), accessSecret.reload()]);
    return { accessKey, accessSecret };
  }

  return {
    async whenKnown(signal) {
      if (!enrolment)
        throw new WaymarkError('losant.config', 'neither a device with its access key nor an enrolment is configured');
      const identity = await enrolment.ensure({ signal });
      // Its file is gone, and was to go.
      if (enrol.mode === 'application-token' && !enrol.keepToken) credentials.retire('losant-enrolment');
      const { applicationId, deviceId, apiHost, brokerHost } = identity;
      return {
        apiUrl: apiHost === undefined ? settings.apiUrl : `https://${apiHost}`,
        broker: brokerHost ?? settings.broker,
        ...{ applicationId, deviceId },
        credentials: await asCredentials(identity),
      };
    },
    snapshot: () =>
      enrolment?.snapshot() ?? {
        state: 'stopped',
        sentence: 'Nothing to enrol with is configured.',
        reason: 'losant.config',
      },
    [Symbol.dispose]() {
      for (const off of offs) off();
      for (const credential of made) credential[Symbol.dispose]();
    },
  };
}

/** Overwritten first: on a disk that writes in place the token is then gone, on flash that is only an attempt. */
async function erase(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  try {
    const file = await open(path, 'r+');
    try {
      const { size } = await file.stat();
      await file.write(Buffer.alloc(size), 0, size, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
