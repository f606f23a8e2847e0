// The simulated Losant's MQTT broker: a TLS door and, for programs on this machine, a plain one.
import { createServer as createPlainServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Logger } from '../../../core/index.js';
import { createDoor, type Door } from '../door.js';
import type { Pki, ServerFace } from '../pki.js';
import type { LosantCloud } from './cloud.js';
import { type Session, type SessionDeps, startSession } from './session.js';
import { type Bans, createWindow, MAX_PER_CONNECTION, MAX_PER_TOPIC } from './throttle.js';
import { commandTopic } from './topics.js';

export const LOSANT_OUTAGES = ['off', 'refused', 'close', 'half-open'] as const;
/** `refused`: nobody listens; `close`: connections end at once; `half-open`: they stay, but nothing is answered. */
export type LosantOutage = (typeof LOSANT_OUTAGES)[number];

export interface LosantBroker extends AsyncDisposable {
  readonly door: Door;
  readonly plainDoor: Door;
  /** Devices that are connected. */
  readonly sessions: readonly string[];
  readonly outage: LosantOutage;
  setOutage(outage: LosantOutage): Promise<void>;
  /** Ends every session; they may come back. */
  cutSessions(): void;
  /** Sends these bytes as a command, whatever they are; false when the device does not listen. */
  publishRaw(deviceId: string, bytes: Uint8Array): boolean;
  /** Ends sessions whose key or device is not what it was, where that ends them. */
  review(): void;
  /** Ends a device's session. */
  cut(deviceId: string, reason: string): void;
  show(face: ServerFace): Promise<void>;
}

/** Starts both doors. Errors: `demo.port`. */
export async function createLosantBroker(
  deps: { cloud: LosantCloud; bans: Bans; log: Logger; pki: Pki },
  options: { port: number; plainPort: number },
): Promise<LosantBroker> {
  const { cloud, bans, log, pki } = deps;
  const sessions = new Set<Session>();
  const sockets = new Set<Socket>();
  let outage: LosantOutage = 'off';

  const shared: SessionDeps = {
    cloud,
    bans,
    perTopic: createWindow(cloud.clock, MAX_PER_TOPIC),
    perConnection: createWindow(cloud.clock, MAX_PER_CONNECTION),
    connects: createWindow(cloud.clock, MAX_PER_CONNECTION),
    isHalfOpen: () => outage === 'half-open',
    onUp(session) {
      for (const other of sessions)
        if (other !== session && other.deviceId === session.deviceId) other.close('another client with this id');
    },
    onOver: (session) => void sessions.delete(session),
    spread(topic, payload) {
      for (const session of [...sessions]) session.deliver(topic, payload);
    },
  };
  const onSocket = (socket: Socket): void => {
    socket.on('error', () => undefined);
    if (outage === 'close') {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    sessions.add(startSession(socket, shared));
  };

  const face = await pki.server('normal');
  const server = createTlsServer({ key: face.privateKey, cert: face.certificate }, onSocket);
  server.on('tlsClientError', (error: Error) => log.debug('sim.losant.tls', { reason: error.message }));
  const plain = createPlainServer(onSocket);
  const door = createDoor(server, 'losantBroker', options.port);
  const plainDoor = createDoor(plain, 'losantPlain', options.plainPort);
  await door.open();
  try {
    await plainDoor.open();
  } catch (error) {
    await door.close();
    throw error;
  }

  const cutSessions = (reason = 'cut by hand'): void => {
    for (const session of [...sessions]) session.close(reason);
    for (const socket of sockets) socket.destroy();
  };
  const publishRaw = (deviceId: string, bytes: Uint8Array): boolean => {
    let isDelivered = false;
    for (const session of [...sessions]) isDelivered = session.deliver(commandTopic(deviceId), bytes) || isDelivered;
    return isDelivered;
  };
  cloud.onCommand((deviceId, body) => outage !== 'half-open' && publishRaw(deviceId, Buffer.from(body)));
  const closeDoors = async (): Promise<void> => {
    await Promise.all([door.close(), plainDoor.close()]);
  };

  return {
    door,
    plainDoor,
    get sessions() {
      return [...sessions].map(({ deviceId }) => deviceId).filter((id) => id !== '');
    },
    get outage() {
      return outage;
    },
    async setOutage(value) {
      outage = value;
      if (value === 'refused') await closeDoors();
      else {
        await door.open();
        await plainDoor.open();
      }
      // After a silence, too: what was sent into it is lost.
      if (value !== 'half-open') cutSessions('outage');
    },
    cutSessions: () => cutSessions(),
    publishRaw,
    review() {
      for (const session of [...sessions]) {
        if (session.deviceId === '') continue;
        const key = cloud.account.keys.find(({ id }) => id === session.keyId);
        if (!cloud.device(session.deviceId)) session.close('device deleted');
        else if (key?.status !== 'active' && cloud.settings.keyInactive === 'close') session.close('key is inactive');
      }
    },
    cut(deviceId, reason) {
      for (const session of [...sessions]) if (session.deviceId === deviceId) session.close(reason);
    },
    async show(name) {
      const shown = await pki.server(name);
      server.setSecureContext({ key: shown.privateKey, cert: shown.certificate });
    },
    async [Symbol.asyncDispose]() {
      cutSessions('the end');
      await closeDoors();
    },
  };
}
