// The simulated deviceWISE's MQTT front: a TLS port and a plain one.
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Logger } from '../../../core/index.js';
import type { Door } from '../door.js';
import type { Pki, ServerFace } from '../pki.js';
import { createGate, type DeviceWiseOutage } from './gate.js';
import { type Session, type SessionDeps, startSession } from './session.js';

export interface DeviceWiseBroker extends AsyncDisposable {
  readonly door: Door;
  readonly plainDoor: Door;
  /** Keys of the things that are connected. */
  readonly sessions: readonly string[];
  readonly outage: DeviceWiseOutage;
  /** Of both ports. */
  setOutage(outage: DeviceWiseOutage): Promise<void>;
  /** Ends every session, or those of one thing; they may come back. */
  cutSessions(thingKey?: string): void;
  show(face: ServerFace): Promise<void>;
}

/** Starts both ports. Errors: `demo.port`. */
export async function createDeviceWiseBroker(
  deps: Omit<SessionDeps, 'onUp' | 'onOver'> & { log: Logger; pki: Pki },
  options: { port: number; plainPort: number },
): Promise<DeviceWiseBroker> {
  const { log, pki, platform } = deps;
  const sessions = new Set<Session>();
  const isConnected = (thingKey: string): boolean => [...sessions].some((session) => session.thingKey === thingKey);

  const shared: SessionDeps = {
    ...deps,
    onUp(session) {
      for (const other of sessions)
        if (other !== session && other.clientId === session.clientId) other.close('another client with this id');
      platform.setConnected(session.thingKey, true);
    },
    onOver(session) {
      sessions.delete(session);
      const { thingKey } = session;
      if (thingKey !== '' && !isConnected(thingKey)) platform.setConnected(thingKey, false);
    },
  };
  const enter = (socket: Socket, isTls: boolean): void => {
    const gate = isTls ? tls : plain;
    sessions.add(startSession(socket, { isTls, isSilent: () => gate.isSilent }, shared));
  };

  const face = await pki.server('normal');
  const server = createTlsServer({ key: face.privateKey, cert: face.certificate }, (socket) => enter(socket, true));
  server.on('tlsClientError', (error: Error) => log.debug('sim.devicewise.tls', { reason: error.message }));
  const tls = createGate(server, 'devicewiseBroker', options.port);
  const plain = createGate((socket) => enter(socket, false), 'devicewisePlain', options.plainPort);
  await tls.door.open();
  try {
    await plain.door.open();
  } catch (error) {
    await tls.door.close();
    throw error;
  }

  const stopListening = platform.onMailbox((thingKey) => {
    if (deps.settings().notify === 'lost') return;
    for (const session of [...sessions]) if (session.thingKey === thingKey) session.notify();
  });
  const cutSessions = (reason: string, thingKey?: string): void => {
    for (const session of [...sessions])
      if (thingKey === undefined || session.thingKey === thingKey) session.close(reason);
  };

  return {
    door: tls.door,
    plainDoor: plain.door,
    get sessions() {
      return [...sessions].map(({ thingKey }) => thingKey).filter((key) => key !== '');
    },
    get outage() {
      return tls.outage;
    },
    async setOutage(value) {
      await Promise.all([tls.setOutage(value), plain.setOutage(value)]);
    },
    cutSessions: (thingKey) => cutSessions('cut by hand', thingKey),
    async show(name) {
      const shown = await pki.server(name);
      server.setSecureContext({ key: shown.privateKey, cert: shown.certificate });
    },
    async [Symbol.asyncDispose]() {
      stopListening();
      cutSessions('the end');
      await Promise.all([tls[Symbol.asyncDispose](), plain[Symbol.asyncDispose]()]);
    },
  };
}
