// The broker's mutual TLS: hands over sockets whose certificate was welcome, refuses the others with a proper alert.
import { createServer as createNetServer, type Server } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import {
  ALERT,
  type AlertCode,
  type CertificateGate,
  type CertificateJudge,
  gateCertificate,
} from './certificate-gate.js';
import { LATE_ALERT_SUITE, trafficSecretOf } from './late-alert.js';
import type { Pki, ServerFace } from './pki.js';

export type FrontTls = 'TLSv1.2' | 'TLSv1.3';

export interface BrokerFront {
  /** Not listening yet. */
  readonly server: Server;
  show(face: ServerFace): Promise<void>;
}

export interface FrontDeps {
  pki: Pki;
  judge: CertificateJudge;
  /** `alert` 0: refused by the TLS engine itself. */
  onRefused: (alert: AlertCode | 0, reason?: string) => void;
  onClient: (socket: TLSSocket) => void;
}

/** OpenSSL's SSL_OP_NO_TICKET: every connection shows its certificate. */
const NO_TICKET = 0x4000;

export async function createBrokerFront(deps: FrontDeps, tls: FrontTls): Promise<BrokerFront> {
  const { pki, judge, onRefused } = deps;
  const isLate = tls === 'TLSv1.3';
  const common = {
    ca: [pki.caPem],
    maxVersion: tls,
    secureOptions: NO_TICKET,
    ...(isLate ? { minVersion: tls, ciphers: LATE_ALERT_SUITE } : {}),
  };
  const face = await pki.server('normal');
  const engine = createTlsServer({
    ...common,
    key: face.privateKey,
    cert: face.certificate,
    requestCert: true,
    // Late refusals are ours altogether: the engine would close without a word.
    rejectUnauthorized: !isLate,
  });
  engine.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    // Others are connections that went away by themselves, or after an alert already counted.
    if (error.code?.startsWith('ERR_SSL')) onRefused(0, error.code);
  });

  const gates = new Set<CertificateGate>();
  const late = new WeakMap<TLSSocket, { gate: CertificateGate; secret: Buffer }>();
  if (isLate)
    engine.on('keylog', (line, socket) => {
      const found = trafficSecretOf(line.toString('latin1'));
      const gate = [...gates].find((g) => g.clientRandom === found?.clientRandom);
      if (found && gate) late.set(socket, { gate, secret: found.secret });
    });

  engine.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    const certificate = socket.getPeerX509Certificate();
    const alert = certificate ? judge(certificate) : ALERT.required;
    if (alert === undefined) {
      deps.onClient(socket);
      return;
    }
    const road = late.get(socket);
    // The engine's own last handshake records leave first; the alert is numbered after them.
    if (road) setImmediate(() => road.gate.refuse(alert, road.secret));
    else socket.destroy();
  });

  const server = createNetServer((socket) => {
    if (socket.destroyed) return;
    const gate = gateCertificate(socket, judge, onRefused);
    gates.add(gate);
    socket.once('close', () => gates.delete(gate));
    engine.emit('connection', gate.stream);
  });

  return {
    server,
    async show(name) {
      const shown = await pki.server(name);
      engine.setSecureContext({ ...common, key: shown.privateKey, cert: shown.certificate });
    },
  };
}
