// Which correction service, and with what account: a caster that the configuration names, else what the identity says.
// The same roads prove a new identity before it replaces the old one.
import type { Config } from '../config/index.js';
import type { Clock, Logger, Secret } from '../core/index.js';
import type { Meter } from '../net/index.js';
import {
  type AssistanceSink,
  type CorrectionSink,
  type CorrectionSource,
  createMqttCorrections,
  createNtripCorrections,
  createSlotMemory,
  type NtripTarget,
  ntripTarget,
  type PositionSource,
  proveByConnect,
  proveNtrip,
  type SilenceLimits,
} from '../services/index.js';
import type { CredentialSource, Identity, KeysIdentity, NtripIdentity, Slot } from '../vault/index.js';
import { createCorrectionRoads } from './correction-roads.js';
import { createCountingSink } from './counting-sink.js';
import { readCa } from './credentials.js';
import type { IdentityHolder } from './identity-holder.js';
import { createKeyKeeper } from './keep-keys.js';
import { version } from './version.js';

export interface CorrectionServiceDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  log: Logger;
  meter: Meter;
  /** Of the next MQTT session. */
  keepaliveSeconds: () => number;
  receiver: CorrectionSink | undefined;
  holder: IdentityHolder;
  identitySlot: Slot<Identity>;
  position: PositionSource;
  /** Takes what comes beside the corrections; without it that is not asked for. */
  assistance: AssistanceSink | undefined;
  /** Of the caster that the configuration names; undefined when it wants no password. */
  account: CredentialSource<Secret> | undefined;
}

export interface CorrectionService {
  /** Waits for a usable identity (or the configured account), then makes the source for it. */
  source(signal: AbortSignal): Promise<CorrectionSource>;
  /** One connection with a new identity, closed again. */
  prove(identity: Identity, signal: AbortSignal): Promise<void>;
}

interface Account {
  target: NtripTarget;
  mountPoint: string;
  userName?: string | undefined;
  password?: Secret | undefined;
}

/** Errors: `config.unreadable` for a CA file that cannot be read. */
export async function createCorrectionService(deps: CorrectionServiceDeps): Promise<CorrectionService> {
  const { config, clock, holder, position, assistance } = deps;
  const settings = config.corrections;
  const ntrip = settings?.ntrip;
  const log = deps.log.child('corrections');
  const ca = await readCa(settings?.caFile ?? config.identity?.caFile, deps.configDir);
  const roads = createCorrectionRoads({ clock, log, meter: deps.meter, keepaliveSeconds: deps.keepaliveSeconds }, ca);
  const slots = createSlotMemory({ clock });
  const sink = deps.receiver ?? createCountingSink();
  const silence: SilenceLimits = {
    resubscribeMs: (settings?.silence.resubscribeSeconds ?? 30) * 1000,
    reconnectMs: (settings?.silence.reconnectSeconds ?? 60) * 1000,
  };

  const keep = createKeyKeeper(deps.identitySlot, log);
  function keepKeys(keys: KeysIdentity['keys']): void {
    const before = holder.current();
    if (before?.shape === 'keys' && sameKeys(before.keys, keys)) return;
    const updated = holder.updateKeys(keys);
    if (updated && config.ztp) keep(updated);
  }

  // One source an account, so that its counters outlive a connection.
  let made: { account: string; source: CorrectionSource } | undefined;
  const sourceFor = (account: string, make: () => CorrectionSource): CorrectionSource => {
    if (made?.account !== account) made = { account, source: make() };
    return made.source;
  };

  const overMqtt = (identity: KeysIdentity): CorrectionSource =>
    createMqttCorrections(
      {
        openSession: (abort) => roads.openMqtt(identity, abort),
        sink,
        position,
        ...(assistance ? { assistance } : {}),
        clock,
        log,
        onKeys: keepKeys,
      },
      {
        identity,
        region: settings?.region ?? 'auto',
        regionTable: settings?.regionTable,
        localized: settings?.localized,
        silence,
        leapSeconds: settings?.leapSeconds ?? 18,
      },
    );

  const overNtrip = ({ target, ...account }: Account): CorrectionSource =>
    createNtripCorrections(
      { open: roads.openNtrip, sink, position, ...(assistance ? { assistance } : {}), clock, log, slots },
      {
        ...target,
        ...account,
        isConfigured: ntrip?.host !== undefined,
        protocol: ntrip?.protocol ?? 'auto',
        ggaSeconds: ntrip?.ggaSeconds ?? 10,
        mga: ntrip?.mga ?? false,
        silence,
        agentVersion: version,
      },
    );

  const named = ({ target, mountPoint, userName, password }: Account): string =>
    JSON.stringify([target, mountPoint, userName, password?.fingerprint]);

  /** The provisioned account; another mountpoint of the same caster may be configured. */
  const provisioned = (identity: NtripIdentity): Account => ({
    target: ntripTarget(identity, { tls: ntrip?.tls ?? 'auto' }),
    mountPoint: ntrip?.mountPoint ?? identity.mountPoint,
    userName: identity.userName,
    password: identity.password,
  });

  async function configured(host: string, signal: AbortSignal): Promise<Account> {
    const password = deps.account && (await deps.account.get({ signal })).value;
    return {
      target: ntripTarget(
        { host, port: ntrip?.port },
        { tls: ntrip?.tls === 'required' ? 'required' : 'off', port: ntrip?.port },
      ),
      mountPoint: ntrip?.mountPoint ?? '',
      userName: ntrip?.userName,
      password,
    };
  }

  return {
    async source(signal) {
      if (ntrip?.host !== undefined) {
        const account = await configured(ntrip.host, signal);
        return sourceFor(named(account), () => overNtrip(account));
      }
      const identity = await holder.whenUsable(signal);
      if (identity.shape === 'keys') return sourceFor(identity.certificate, () => overMqtt(identity));
      const account = provisioned(identity);
      return sourceFor(named(account), () => overNtrip(account));
    },
    prove: proveByConnect(roads.openMqtt, (identity, signal) =>
      proveNtrip(
        {
          open: roads.openNtrip,
          clock,
          agentVersion: version,
          slots,
          tls: ntrip?.host === undefined ? (ntrip?.tls ?? 'auto') : 'auto',
          protocol: ntrip?.protocol ?? 'auto',
        },
        { ...identity, mountPoint: provisioned(identity).mountPoint },
        signal,
      ),
    ),
  };
}

function sameKeys(a: KeysIdentity['keys'], b: KeysIdentity['keys']): boolean {
  const same = (x: KeysIdentity['keys']['current'], y: KeysIdentity['keys']['current']): boolean =>
    x === undefined || y === undefined ? x === y : x.startUtcMs === y.startUtcMs && x.value.equals(y.value);
  return same(a.current, b.current) && same(a.next, b.next);
}
