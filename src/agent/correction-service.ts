// The correction service for an identity: the road (metered), TLS, the MQTT session on it, and the source on that. The
// same session opener proves a new identity before it replaces the old one.
import type { Duplex } from 'node:stream';
import type { Config } from '../config/index.js';
import { type Clock, type Logger, WaymarkError } from '../core/index.js';
import type { Receiver } from '../gnss/index.js';
import { openSession, type Session } from '../mqtt/index.js';
import { connectTls, createHostDialer, createSessionCache, type Meter } from '../net/index.js';
import {
  type CorrectionSink,
  type CorrectionSource,
  createMqttCorrections,
  proveByConnect,
} from '../services/index.js';
import type { Identity, KeysIdentity, Slot } from '../vault/index.js';
import { readCa } from './credentials.js';
import type { IdentityHolder } from './identity-holder.js';

export interface CorrectionServiceDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  log: Logger;
  meter: Meter;
  receiver: Receiver | undefined;
  holder: IdentityHolder;
  identitySlot: Slot<Identity>;
}

export interface CorrectionService {
  /** Waits for a usable identity, then makes the source for it. */
  source(signal: AbortSignal): Promise<CorrectionSource>;
  /** One connection with a new identity, closed again. */
  prove(identity: Identity, signal: AbortSignal): Promise<void>;
}

/** Below the idle limits of carrier NATs. */
const KEEPALIVE_S = 30;
const CONNACK_MS = 15_000;
const MAX_PACKET_BYTES = 262_144;

/** Without a receiver corrections are watched, not fed: the session lamp still tells whether they would flow. */
const NO_RECEIVER: CorrectionSink = { feed: () => undefined, restart: () => undefined, setKeys: () => undefined };

/** Errors: `config.unreadable` for a CA file that cannot be read. */
export async function createCorrectionService(deps: CorrectionServiceDeps): Promise<CorrectionService> {
  const { config, clock, holder } = deps;
  const log = deps.log.child('corrections');
  const ca = await readCa(config.corrections?.caFile ?? config.identity?.caFile, deps.configDir);
  const dial = deps.meter.metered('mqtt', createHostDialer({ clock }));
  const sessions = createSessionCache();

  async function connect(identity: KeysIdentity, signal: AbortSignal): Promise<Duplex> {
    const road = await dial({ host: identity.host, port: identity.port }, { signal });
    return connectTls(road, {
      host: identity.host,
      // What came with the identity counts only where nobody configured authorities.
      ca: ca ?? (identity.caPem === undefined ? undefined : [identity.caPem]),
      cert: identity.certificate,
      key: identity.privateKey,
      sessions,
      clock,
      signal,
    });
  }

  let made: { certificate: string; source: CorrectionSource } | undefined;

  const open = (identity: KeysIdentity, signal: AbortSignal): Promise<Session> =>
    openSession(
      { clock, log },
      {
        connect: (abort) => connect(identity, abort),
        clientId: identity.clientId,
        keepaliveSeconds: KEEPALIVE_S,
        connackTimeoutMs: CONNACK_MS,
        maxPacketBytes: MAX_PACKET_BYTES,
      },
      { signal },
    );

  /** Newer keys are kept, so that a warm start decrypts before the key topic speaks. */
  function keepKeys(keys: KeysIdentity['keys']): void {
    const before = holder.current();
    if (before?.shape === 'keys' && sameKeys(before.keys, keys)) return;
    const updated = holder.updateKeys(keys);
    if (updated && config.ztp)
      deps.identitySlot.write(updated).catch((error: unknown) => log.warn('keys.not-kept', { error }));
  }

  return {
    async source(signal) {
      const identity = await holder.whenUsable(signal);
      if (identity.shape !== 'keys')
        throw new WaymarkError('ztp.unsupported-plan', `the account delivers by ${identity.shape}`);
      // One source per certificate, so that its counters outlive a connection.
      if (made?.certificate === identity.certificate) return made.source;
      const { region: named = 'eu', silence } = config.corrections ?? {};
      const region = named === 'auto' ? 'eu' : named;
      const source = createMqttCorrections(
        {
          openSession: (abort) => open(identity, abort),
          sink: deps.receiver ?? NO_RECEIVER,
          clock,
          log,
          onKeys: keepKeys,
        },
        {
          identity,
          region,
          silence: {
            resubscribeMs: (silence?.resubscribeSeconds ?? 30) * 1000,
            reconnectMs: (silence?.reconnectSeconds ?? 60) * 1000,
          },
          leapSeconds: config.corrections?.leapSeconds ?? 18,
        },
      );
      made = { certificate: identity.certificate, source };
      return source;
    },
    async prove(identity, signal) {
      // The other shapes are kept for later versions; there is nothing of theirs to connect to yet.
      if (identity.shape === 'keys') await proveByConnect(open)(identity, signal);
    },
  };
}

function sameKeys(a: KeysIdentity['keys'], b: KeysIdentity['keys']): boolean {
  const same = (x: KeysIdentity['keys']['current'], y: KeysIdentity['keys']['current']): boolean =>
    x === undefined || y === undefined ? x === y : x.startUtcMs === y.startUtcMs && x.value.equals(y.value);
  return same(a.current, b.current) && same(a.next, b.next);
}
