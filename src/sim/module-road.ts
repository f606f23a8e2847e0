// The road of the module's own client to the simulated clouds. TLS forces port 8883 on it, so what it asks for is a name
// and a usual port; a map says where that is here.
import { connect as connectPlain, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { SimClouds } from './clouds/index.js';
import type { DialTarget } from './module/index.js';

const HOST = '127.0.0.1';
const TLS_PORT = 8883;

/** Which port of ours stands for the one that is asked for: its own number where it is one, the usual ones otherwise. */
function portFor({ port, isTls }: DialTarget, { mqtt }: SimClouds['description']['devicewise']): number {
  if (port === mqtt.port || port === mqtt.plainPort) return port;
  return isTls || port === TLS_PORT ? mqtt.port : mqtt.plainPort;
}

/**
 * Connects as a module does, in front of a network that may be away: `isUp` is asked first. Without an authority in the
 * module the server is not checked, which is what the module does. Rejects with node's errors.
 */
export function moduleRoad(clouds: SimClouds, isUp: () => boolean): (target: DialTarget) => Promise<Duplex> {
  return (target) =>
    new Promise((resolve, reject) => {
      if (!isUp()) {
        reject(Object.assign(new Error('no network'), { code: 'ENETUNREACH' }));
        return;
      }
      const port = portFor(target, clouds.description.devicewise);
      const settle = (socket: Socket, event: 'connect' | 'secureConnect'): void => {
        socket.once('error', reject);
        socket.once(event, () => {
          socket.off('error', reject);
          resolve(socket);
        });
      };
      if (!target.isTls) {
        settle(connectPlain({ host: HOST, port }), 'connect');
        return;
      }
      settle(
        connectTls({
          ...{ host: HOST, port, servername: target.host },
          rejectUnauthorized: target.caPem !== undefined,
          ...(target.caPem === undefined ? {} : { ca: target.caPem }),
        }),
        'secureConnect',
      );
    });
}
