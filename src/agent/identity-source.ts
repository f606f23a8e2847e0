// Where the identity comes from: the provisioning service, or files that a person put in place.
import { createHash } from 'node:crypto';
import type { Config } from '../config/index.js';
import { abortable, type Clock, deferred, type Logger, toWaymarkError, type WaymarkError } from '../core/index.js';
import type { Modem } from '../modem/index.js';
import { createHostDialer, createHttpsClient, type Meter } from '../net/index.js';
import { type Identity, identityCodec, watchFile } from '../vault/index.js';
import { createProvisioner, isPreferred } from '../ztp/index.js';
import { type CredentialSet, readCa } from './credentials.js';
import { autoHardwareId } from './host-id.js';
import { identityFromFiles, identityPaths } from './identity-files.js';
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

/** How the identity was come by, for the status. */
export interface IdentityCondition {
  state: string;
  callsToday: number;
  /** Of the last setback that is not over. */
  reason?: WaymarkError;
  nextMonoMs?: number;
  /** What the service knows this gateway by. */
  hardwareId?: string;
}

export interface ReportingIdentitySource extends IdentitySource {
  state(): IdentityCondition;
}

/** Undefined when neither `ztp` nor `identity` is configured. Errors: `config.unreadable` for a CA file. */
export async function createIdentitySource(deps: IdentitySourceDeps): Promise<ReportingIdentitySource | undefined> {
  if (deps.config.identity) return fromFiles(deps, deps.config.identity);
  return fromService(deps);
}

/** Files are read again when they change; what they hold then is taken up once it is whole and good. */
function fromFiles(deps: IdentitySourceDeps, files: NonNullable<Config['identity']>): ReportingIdentitySource {
  const { configDir, clock } = deps;
  const log = deps.log.child('identity');
  const listeners = new Set<Parameters<NonNullable<IdentitySource['onSetback']>>[0]>();
  let inForce: string | undefined;
  let setback: WaymarkError | undefined;

  const load = async (): Promise<Identity | undefined> => {
    try {
      const identity = await identityFromFiles(files, configDir, clock.wall());
      setback = undefined;
      return identity;
    } catch (error) {
      setback = toWaymarkError(error);
      log.warn('identity.files-not-usable', { error }, setback.hint);
      return undefined;
    } finally {
      for (const listener of [...listeners]) listener(setback && { error: setback });
    }
  };

  /** Resolves with what the files hold once that is good and passes `is`. */
  const until = async (is: (identity: Identity) => boolean, signal: AbortSignal): Promise<Identity> => {
    let changed = deferred<undefined>();
    // Watched before they are read: no change falls in between.
    const watches = identityPaths(files, configDir).map((path) =>
      watchFile({ clock }, path, () => changed.resolve(undefined)),
    );
    try {
      for (;;) {
        const identity = await load();
        signal.throwIfAborted();
        if (identity && is(identity)) return identity;
        await abortable(changed.promise, signal);
        changed = deferred();
      }
    } finally {
      for (const watch of watches) watch[Symbol.dispose]();
    }
  };

  const taken = (identity: Identity): Identity => {
    inForce = contentsOf(identity);
    return identity;
  };

  const ensure = async ({ signal }: { signal: AbortSignal }): Promise<Identity> =>
    taken(await until(() => true, signal));

  return {
    async cached() {
      const identity = await load();
      return identity && taken(identity);
    },
    ensure,
    async whenDue(signal) {
      await until((identity) => contentsOf(identity) !== inForce, signal);
      return 'the files have changed';
    },
    renew: ensure,
    onSetback(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    state: () => ({
      state: inForce === undefined ? 'need' : 'have',
      callsToday: 0,
      ...(setback ? { reason: setback } : {}),
    }),
  };
}

/** Tells the contents of files apart; nothing of them can be had back from it. */
const contentsOf = (identity: Identity): string =>
  createHash('sha256')
    .update(JSON.stringify(identityCodec.encode(identity)))
    .digest('hex');

async function fromService(deps: IdentitySourceDeps): Promise<ReportingIdentitySource | undefined> {
  const { config, configDir, clock } = deps;
  const { ztp } = config;
  const token = deps.credentials.ztpToken;
  if (!ztp || !token) return undefined;
  const log = deps.log.child('ztp');
  const ca = await readCa(ztp.caFile, configDir);
  const http = createHttpsClient({ dial: deps.meter.metered('ztp', createHostDialer({ clock })), clock, log });
  const { corrections } = config;
  // With a caster of one's own nothing depends on which way the account delivers.
  const prefer = corrections?.ntrip.host === undefined ? (corrections?.source ?? 'auto') : 'auto';
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
      prefer,
      hardwareId: () => (ztp.hardwareId === 'auto' ? autoHardwareId(deps.modem) : Promise.resolve(ztp.hardwareId)),
    },
  );
  return {
    async cached() {
      const identity = (await deps.memory.identity.read())?.value;
      // One for another way of delivery is none: a new one is asked for like the first.
      return identity && isPreferred(identity, prefer) ? identity : undefined;
    },
    ensure: (options) => provisioner.ensure(options),
    whenDue: (signal) => provisioner.whenRenewalDue({ signal }),
    renew: (options) => provisioner.renew(options),
    onSetback: (listener) =>
      provisioner.onChange(() => {
        const { reason, nextAttemptMonoMs } = provisioner.status();
        listener(
          reason && {
            error: reason,
            ...(nextAttemptMonoMs === undefined ? {} : { nextMonoMs: nextAttemptMonoMs }),
          },
        );
      }),
    state() {
      const { state, reason, calls, nextAttemptMonoMs, ...known } = provisioner.status();
      const hardwareId = ztp.hardwareId === 'auto' ? known.hardwareId : ztp.hardwareId;
      return {
        state,
        callsToday: calls,
        ...(reason === undefined ? {} : { reason }),
        ...(nextAttemptMonoMs === undefined ? {} : { nextMonoMs: nextAttemptMonoMs }),
        ...(hardwareId === undefined ? {} : { hardwareId }),
      };
    },
  };
}
