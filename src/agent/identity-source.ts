// Where the identity comes from: the provisioning service, or files that a person put in place.
import type { Config } from '../config/index.js';
import { type Clock, type Logger, WaymarkError } from '../core/index.js';
import type { Modem } from '../modem/index.js';
import { createHostDialer, createHttpsClient, type Meter } from '../net/index.js';
import type { Identity } from '../vault/index.js';
import { createProvisioner } from '../ztp/index.js';
import { type CredentialSet, identityFromFiles, readCa } from './credentials.js';
import { autoHardwareId } from './host-id.js';
import type { IdentitySource } from './lanes/identity.js';
import type { AgentMemory } from './memory.js';

export interface IdentitySourceDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  log: Logger;
  meter: Meter;
  memory: AgentMemory;
  modem: Modem | undefined;
  credentials: CredentialSet;
  prove: (identity: Identity, signal: AbortSignal) => Promise<void>;
}

export interface ReportingIdentitySource extends IdentitySource {
  state(): { state: string; reason?: string; callsToday: number };
}

/** Undefined when neither `ztp` nor `identity` is configured. Errors: `config.unreadable` for a CA file. */
export async function createIdentitySource(deps: IdentitySourceDeps): Promise<ReportingIdentitySource | undefined> {
  const { config, configDir, clock } = deps;
  const files = config.identity;
  if (files) {
    const load = (): Promise<Identity> => identityFromFiles(files, configDir, clock.wall());
    return { cached: load, ensure: load, state: () => ({ state: 'have', callsToday: 0 }) };
  }
  const { ztp } = config;
  const token = deps.credentials.ztpToken;
  if (!ztp || !token) return undefined;
  const log = deps.log.child('ztp');
  const ca = await readCa(ztp.caFile, configDir);
  const http = createHttpsClient({ dial: deps.meter.metered('ztp', createHostDialer({ clock })), clock, log });
  const provisioner = createProvisioner(
    {
      http,
      identitySlot: deps.memory.identity,
      memorySlot: deps.memory.ztp,
      token,
      prove: deps.prove,
      clock,
      log,
    },
    {
      url: ztp.url,
      tags: ztp.tags,
      ...(ztp.givenName === undefined ? {} : { givenName: ztp.givenName }),
      ...(ca === undefined ? {} : { caPem: ca }),
      hardwareId: () => (ztp.hardwareId === 'auto' ? autoHardwareId(deps.modem) : Promise.resolve(ztp.hardwareId)),
    },
  );
  return {
    cached: async () => (await deps.memory.identity.read())?.value,
    ensure: (options) => provisioner.ensure(options),
    whenDue: (signal) => provisioner.whenRenewalDue({ signal }),
    renew: (options) => provisioner.renew(options),
    onSetback: (listener) =>
      provisioner.onChange(() => {
        const { reason, nextAttemptMonoMs } = provisioner.status();
        listener(
          reason && {
            error: new WaymarkError(reason.code, reason.message, { hint: reason.hint }),
            ...(nextAttemptMonoMs === undefined ? {} : { nextMonoMs: nextAttemptMonoMs }),
          },
        );
      }),
    state() {
      const { state, reason, calls } = provisioner.status();
      return { state, callsToday: calls, ...(reason === undefined ? {} : { reason: reason.code }) };
    },
  };
}
