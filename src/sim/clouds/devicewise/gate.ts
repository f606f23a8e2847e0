// The way into one server of the simulated deviceWISE, with what can be wrong with it: nobody there, an end at once, silence.
// The server itself never listens; it is handed what comes in at the gate.
import { createServer, type Server, type Socket } from 'node:net';
import { createDoor, type Door } from '../door.js';

export const DEVICEWISE_OUTAGES = ['off', 'refused', 'close', 'black-hole', 'half-open'] as const;
/**
 * `refused`: nobody listens; `close`: connections end at once; `black-hole`: they stay, but not even TLS is answered;
 * `half-open`: TLS is, nothing behind it.
 */
export type DeviceWiseOutage = (typeof DEVICEWISE_OUTAGES)[number];

export interface Gate extends AsyncDisposable {
  readonly door: Door;
  readonly outage: DeviceWiseOutage;
  /** Is nothing read and nothing said, whatever comes? */
  readonly isSilent: boolean;
  setOutage(outage: DeviceWiseOutage): Promise<void>;
}

/**
 * Hands every connection to `server` (a TLS or HTTPS server) or to a function.
 * @param name as in `--port NAME=N`.
 */
export function createGate(server: Server | ((socket: Socket) => void), name: string, port: number): Gate {
  let outage: DeviceWiseOutage = 'off';
  const enter = createServer((socket) => {
    if (outage === 'close') socket.destroy();
    // Not read either: a far side without a network behind it.
    else if (outage === 'black-hole') socket.pause();
    else if (typeof server === 'function') server(socket);
    else server.emit('connection', socket);
  });
  const door = createDoor(enter, name, port);
  return {
    door,
    get outage() {
      return outage;
    },
    get isSilent() {
      return outage === 'black-hole' || outage === 'half-open';
    },
    async setOutage(value) {
      outage = value;
      if (value === 'refused') await door.close();
      else await door.open();
      // After a silence, too: what was sent into it is lost.
      if (value === 'off' || value === 'close') door.cutAll();
    },
    [Symbol.asyncDispose]: () => door.close(),
  };
}
