// TR50 over MQTT. The server subscribes us by itself, so requests go to api/<N> and their answers come on reply/<N>, in any
// order; notify/… says that somebody calls a method (specs/devicewise.md 2.2). A PUBACK says nothing of what became of a
// request: the answer alone counts.
import type { Duplex } from 'node:stream';
import { isWaymarkError, type Secret, toWaymarkError, WaymarkError } from '../../core/index.js';
import { openSession, type Session } from '../../mqtt/index.js';
import { createExchange, createNumbers } from './mqtt-exchange.js';
import type { RoadOpener, Tr50Road } from './types.js';
import { type GatewayIdentity, type GatewayRoadDeps, revealed, tellConnected } from './who.js';

const CONNACK_MS = 15_000;
const MAX_PACKET_BYTES = 262_144;
/** A session that ends sooner may have been taken from us by a twin. */
const SHORT_LIFE_MS = 15_000;
/** Once may be chance. */
const SHORT_LIVES = 3;
const TWIN_HINT =
  'The connection ends within seconds again and again: another client seems to use this application id, such as a second gateway made from the same image, or the module’s own client for the same thing.';

export interface MqttRoadDeps extends GatewayRoadDeps {
  /** The road to the server, TLS included where it is asked for. */
  connect(signal: AbortSignal): Promise<Duplex>;
}

export interface MqttRoadOptions {
  keepaliveSeconds: number;
  /** Of one request, before it is deflated. */
  maxRequestBytes: number;
  compress: boolean;
}

/** What openSession’s error means for the token and the application id. */
function openingError(error: WaymarkError): WaymarkError {
  const connack = error.evidence?.['connack'];
  if (!isWaymarkError(error, 'mqtt.refused') || typeof connack !== 'number') return error;
  // 1 is about the version of MQTT: a server that is none of deviceWISE’s.
  const code = [2, 4, 5].includes(connack) ? 'devicewise.refused' : 'devicewise.config';
  return new WaymarkError(code, error.message, { cause: error, evidence: { connack } });
}

export function createMqttRoad(deps: MqttRoadDeps, options: MqttRoadOptions): RoadOpener {
  const numbers = createNumbers();
  let shortLives = 0;

  const lost = (reason: WaymarkError): WaymarkError => {
    const aliveMs = Number(reason.evidence?.['aliveMs'] ?? 0);
    shortLives = aliveMs < SHORT_LIFE_MS ? shortLives + 1 : 0;
    return new WaymarkError('devicewise.lost', reason.message, {
      cause: reason,
      evidence: { code: reason.code, ...reason.evidence, aliveMs },
      ...(shortLives >= SHORT_LIVES ? { hint: TWIN_HINT } : {}),
    });
  };

  const connect = async (identity: GatewayIdentity, appToken: Secret, signal: AbortSignal): Promise<Session> => {
    try {
      return await openSession(
        deps,
        {
          connect: (s) => deps.connect(s),
          clientId: revealed(identity),
          shownAs: 'deviceWISE',
          username: identity.thingKey,
          password: appToken,
          keepaliveSeconds: options.keepaliveSeconds,
          connackTimeoutMs: CONNACK_MS,
          maxPacketBytes: MAX_PACKET_BYTES,
        },
        { signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw openingError(toWaymarkError(error));
    }
  };

  return {
    name: 'mqtt',
    async open({ appToken, signal }): Promise<Tr50Road> {
      const identity = await deps.identity({ signal });
      const session = await connect(identity, appToken, signal);
      await tellConnected(deps, identity);
      if (signal.aborted) {
        await session.close();
        signal.throwIfAborted();
      }
      let isOurs = false;
      const closed = session.closed.then((reason) =>
        isOurs ? new WaymarkError('devicewise.lost', 'closed by us', { cause: reason }) : lost(reason),
      );
      const exchange = createExchange({ ...deps, session, closed, identity, numbers }, options);
      return {
        name: 'mqtt',
        limits: exchange.limits,
        request: (commands, o) => exchange.request(commands, o),
        methods: exchange.methods,
        closed: exchange.closed,
        async close() {
          isOurs = true;
          await session.close();
          await exchange.closed;
        },
        facts: () => exchange.facts(),
      };
    },
  };
}
