// The roads to the correction services, metered by purpose: TLS with our certificate and an MQTT session on it, or a
// socket to a caster, with TLS where it has it.
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '../core/index.js';
import { openSession, type Session } from '../mqtt/index.js';
import { connectTls, createHostDialer, createSessionCache, type Meter } from '../net/index.js';
import type { OpenNtrip } from '../services/index.js';
import type { KeysIdentity } from '../vault/index.js';

export interface CorrectionRoads {
  /** Connects and resolves after CONNACK. Errors: those of `openSession` of the mqtt room. */
  openMqtt(identity: KeysIdentity, signal: AbortSignal): Promise<Session>;
  openNtrip: OpenNtrip;
}

export interface CorrectionRoadsDeps {
  clock: Clock;
  log: Logger;
  meter: Meter;
  /** Of the next session: the month's data has a say in it. */
  keepaliveSeconds: () => number;
}

const CONNACK_MS = 15_000;
const MAX_PACKET_BYTES = 262_144;

/** `ca`: PEM authorities that replace the built-in ones. */
export function createCorrectionRoads(
  { clock, log, meter, keepaliveSeconds }: CorrectionRoadsDeps,
  ca: readonly string[] | undefined,
): CorrectionRoads {
  const host = createHostDialer({ clock });
  const dial = { mqtt: meter.metered('mqtt', host), ntrip: meter.metered('ntrip', host) };
  const sessions = createSessionCache();

  async function connect(identity: KeysIdentity, signal: AbortSignal): Promise<Duplex> {
    const road = await dial.mqtt({ host: identity.host, port: identity.port }, { signal });
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

  return {
    openMqtt: (identity, signal) =>
      openSession(
        { clock, log },
        {
          connect: (abort) => connect(identity, abort),
          clientId: identity.clientId,
          keepaliveSeconds: keepaliveSeconds(),
          connackTimeoutMs: CONNACK_MS,
          maxPacketBytes: MAX_PACKET_BYTES,
        },
        { signal },
      ),
    async openNtrip(target, { signal }) {
      const road = await dial.ntrip({ host: target.host, port: target.port }, { signal });
      if (!target.tls) return road;
      return connectTls(road, { host: target.host, ca, sessions, clock, signal });
    },
  };
}
