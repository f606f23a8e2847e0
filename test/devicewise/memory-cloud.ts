// The simulated deviceWISE without sockets: the real platform, its real MQTT sessions over streams in memory, and its HTTP
// as a function, all on a clock that stands still.
import { type Duplex, duplexPair } from 'node:stream';
import { type FakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { HttpsClient } from '../../src/net/index.js';
import { createFaultQueue, type FaultQueue } from '../../src/sim/clouds/devicewise/faults.js';
import { createFrontLedger } from '../../src/sim/clouds/devicewise/front-ledger.js';
import { answerCall } from '../../src/sim/clouds/devicewise/http-call.js';
import { createHttpSessions, type HttpSessions } from '../../src/sim/clouds/devicewise/http-sessions.js';
import {
  createDeviceWisePlatform,
  DEFAULT_DEVICEWISE_FRONT,
  type DeviceWiseFrontLedger,
  type DeviceWiseFrontSettings,
  type DeviceWiseSettings,
  type SimDeviceWisePlatform,
} from '../../src/sim/clouds/devicewise/index.js';
import { type Session, startSession } from '../../src/sim/clouds/devicewise/session.js';
import { createRandom } from '../modem/random.js';

export type CloudKnobs = Partial<DeviceWiseSettings & DeviceWiseFrontSettings>;

export interface MemoryCloud {
  platform: SimDeviceWisePlatform;
  seen: DeviceWiseFrontLedger;
  faults: FaultQueue;
  httpSessions: HttpSessions;
  configure(changes: CloudKnobs): void;
  /** A road to its MQTT front; what it says comes byte by byte where `isByteWise`. */
  dial(): Promise<Duplex>;
  http: HttpsClient;
  /** Every session of now is told to look into its mailbox. */
  notifyAll(): void;
}

/** Bytes of either side one at a time. */
function byteWise(end: Duplex): Duplex {
  const [near, far] = duplexPair();
  const pass = (from: Duplex, to: Duplex): void => {
    from.on('data', (bytes: Buffer) => {
      for (const byte of bytes) if (!to.destroyed) to.write(Buffer.of(byte));
    });
    from.on('end', () => to.end());
    from.on('close', () => to.destroy());
    from.on('error', () => undefined);
  };
  pass(end, far);
  pass(far, end);
  // A pair in memory does not tell its other half of a sudden end.
  near.on('close', () => far.destroy());
  far.on('close', () => near.destroy());
  return near;
}

export function memoryCloud(clock: FakeClock, { isByteWise = false, seed = 'table' } = {}): MemoryCloud {
  const platform = createDeviceWisePlatform({ clock, log: silentLogger, seed });
  const seen = createFrontLedger();
  const faults = createFaultQueue();
  const sessions = new Set<Session>();
  const httpSessions = createHttpSessions(clock);
  const random = createRandom(7);
  let front = DEFAULT_DEVICEWISE_FRONT;
  const settings = () => ({ ...platform.settings, ...front });
  const isConnected = (key: string): boolean => [...sessions].some(({ thingKey }) => thingKey === key);
  platform.onMailbox((thingKey) => {
    if (front.notify === 'sent') for (const each of [...sessions]) if (each.thingKey === thingKey) each.notify();
  });
  return {
    platform,
    seen,
    faults,
    httpSessions,
    configure(changes) {
      const isOfFront = ([name]: [string, unknown]): boolean => Object.hasOwn(DEFAULT_DEVICEWISE_FRONT, name);
      const entries = Object.entries(changes);
      front = { ...front, ...Object.fromEntries(entries.filter(isOfFront)) };
      platform.configure(Object.fromEntries(entries.filter((each) => !isOfFront(each))));
    },
    dial() {
      const [near, far] = duplexPair();
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      const entrance = { isTls: true, isSilent: () => false };
      const session: Session = startSession(far, entrance, {
        ...{ clock, platform, settings, faults, ledger: seen, random: () => random.next() },
        onUp(own) {
          for (const other of [...sessions])
            if (other !== own && other.clientId === own.clientId) other.close('another client with this id');
          platform.setConnected(own.thingKey, true);
        },
        onOver(own) {
          sessions.delete(own);
          if (own.thingKey !== '' && !isConnected(own.thingKey)) platform.setConnected(own.thingKey, false);
        },
      });
      sessions.add(session);
      return Promise.resolve(isByteWise ? byteWise(near) : near);
    },
    http: {
      async request({ url, body = '', headers = {} }) {
        if (!url.endsWith('/api')) throw new WaymarkError('net.refused', url);
        const reply = answerCall(body, headers['sessionId'], { platform, sessions: httpSessions, settings });
        return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(reply)) };
      },
    },
    notifyAll: () => sessions.forEach((each) => each.notify()),
  };
}
