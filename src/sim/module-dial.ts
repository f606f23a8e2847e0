// The way from the simulated module's own clients to simulated servers: names and ports as a real one would be told, mapped to
// where the servers of this simulation listen.
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Dial, DialTarget } from './module/index.js';

/** Where a simulated server listens: what stands for 8883, and for 1883. Any other port is taken as it is. */
export interface ServerPlace {
  host: string;
  port: number;
  plainPort: number;
}

const TLS_PORT = 8883;
const PLAIN_PORT = 1883;

const notFound = (host: string): Error => Object.assign(new Error(`${host} is not known`), { code: 'ENOTFOUND' });

function portOf({ port }: DialTarget, place: ServerPlace): number {
  if (port === TLS_PORT) return place.port;
  return port === PLAIN_PORT ? place.plainPort : port;
}

/** As module firmware does it: with an authority the chain is checked, the name never; without one nothing is. */
function open(target: DialTarget, place: ServerPlace): Socket {
  const where = { host: place.host, port: portOf(target, place) };
  if (!target.isTls) return connect(where);
  return connectTls({
    ...where,
    ...(target.caPem === undefined ? {} : { ca: target.caPem }),
    rejectUnauthorized: target.caPem !== undefined,
    checkServerIdentity: () => undefined,
  });
}

/** `placeOf` knows the hosts; undefined for one that no name server would find. */
export function createModuleDial(placeOf: (host: string) => ServerPlace | undefined): Dial {
  return async (target) => {
    const place = placeOf(target.host);
    if (!place) throw notFound(target.host);
    return new Promise<Duplex>((resolve, reject) => {
      const socket = open(target, place);
      const fail = (error: Error): void => reject(error);
      socket.once('error', fail);
      socket.once(target.isTls ? 'secureConnect' : 'connect', () => {
        socket.off('error', fail);
        socket.setNoDelay(true);
        resolve(socket);
      });
    });
  };
}
