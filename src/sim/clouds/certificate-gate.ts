// Refuses a client certificate the way a real broker does: with a TLS alert inside the handshake. Node's own server
// only closes the connection after it. Up to TLS 1.2 the client's certificate passes in the clear, so it is judged
// between the socket and the TLS engine; the bytes themselves pass through unchanged. Under TLS 1.3 the judgement comes
// after the handshake, by `refuse` (see late-alert.ts).
//
//   record header: type(1) version(2) length(2)      handshake message: type(1) length(3) body
//   certificate message body: list length(3), then per certificate length(3) and DER; the client's own comes first
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createRecordCounter, sealAlert } from './late-alert.js';

/** TLS alert descriptions (RFC 5246 section 7.2). */
export const ALERT = { badCertificate: 42, revoked: 44, expired: 45, unknownCa: 48, required: 116 } as const;
export type AlertCode = (typeof ALERT)[keyof typeof ALERT];

const RECORD_HANDSHAKE = 22;
const MESSAGE_CLIENT_HELLO = 1;
const MESSAGE_CERTIFICATE = 11;
const MAX_HANDSHAKE_BYTES = 65_536;

/** Judges a certificate: undefined = welcome. */
export type CertificateJudge = (certificate: X509Certificate) => AlertCode | undefined;

/** `more` = go on passing bytes through, `done` = nothing further to look for. */
export type Finding = 'more' | 'done' | { alert: AlertCode };

export interface HandshakeReader {
  push(chunk: Uint8Array): Finding;
  /** Hex; tells connections apart in a key log. Empty until the hello was seen. */
  readonly clientRandom: string;
}

/** Follows the client's side of a handshake until its certificate was seen, or cannot be seen any more. */
export function createHandshakeReader(judge: CertificateJudge): HandshakeReader {
  let clientRandom = '';
  let records = Buffer.alloc(0);
  let messages = Buffer.alloc(0);

  const readCertificate = (body: Buffer): Finding => {
    // An empty list is the TLS engine's own business: it answers with its own alert.
    if (body.length < 6) return 'done';
    const length = body.readUIntBE(3, 3);
    try {
      const alert = judge(new X509Certificate(body.subarray(6, 6 + length)));
      return alert === undefined ? 'done' : { alert };
    } catch {
      return { alert: ALERT.badCertificate };
    }
  };

  const readMessages = (): Finding => {
    while (messages.length >= 4) {
      const end = 4 + messages.readUIntBE(1, 3);
      if (end > MAX_HANDSHAKE_BYTES) return 'done';
      if (messages.length < end) return 'more';
      if (messages[0] === MESSAGE_CLIENT_HELLO) clientRandom = messages.subarray(6, 38).toString('hex');
      if (messages[0] === MESSAGE_CERTIFICATE) return readCertificate(messages.subarray(4, end));
      messages = messages.subarray(end);
    }
    return 'more';
  };

  return {
    get clientRandom() {
      return clientRandom;
    },
    push(chunk) {
      records = Buffer.concat([records, chunk]);
      while (records.length >= 5) {
        // From here on it is encrypted (or was never TLS).
        if (records[0] !== RECORD_HANDSHAKE) return 'done';
        const end = 5 + records.readUInt16BE(3);
        if (records.length < end) return 'more';
        messages = Buffer.concat([messages, records.subarray(5, end)]);
        records = records.subarray(end);
        const finding = readMessages();
        if (finding !== 'more') return finding;
      }
      return 'more';
    },
  };
}

export interface CertificateGate {
  /** The socket as the TLS engine should see it. */
  readonly stream: Duplex;
  readonly clientRandom: string;
  /** Sends an alert under a TLS 1.3 traffic secret and ends the connection. */
  refuse(alert: AlertCode, secret: Uint8Array): void;
}

/** A socket with the judge in between. On a refusal the alert is sent, the connection ends, and `onRefused` is told. */
export function gateCertificate(
  socket: Socket,
  judge: CertificateJudge,
  onRefused: (alert: AlertCode) => void,
): CertificateGate {
  const reader = createHandshakeReader(judge);
  let isReading = true;
  // Once the client has sent encrypted records, ours go under the traffic secret.
  const received = createRecordCounter();
  const sent = createRecordCounter();

  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (received.applicationData > 0) sent.push(chunk);
      socket.write(chunk, done);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      if (!socket.writableEnded) socket.destroy();
      done(error);
    },
  });
  const end = (alert: AlertCode, record: Uint8Array): void => {
    socket.removeAllListeners('data');
    socket.resume();
    socket.end(record);
    onRefused(alert);
    stream.destroy();
  };
  socket.on('data', (chunk: Buffer) => {
    if (received.applicationData === 0) received.push(chunk);
    const finding = isReading ? reader.push(chunk) : 'done';
    if (finding !== 'more') isReading = false;
    if (typeof finding === 'object') end(finding.alert, Buffer.from([21, 3, 3, 0, 2, 2, finding.alert]));
    else if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', () => stream.destroy());
  socket.on('close', () => stream.destroy());

  return {
    stream,
    get clientRandom() {
      return reader.clientRandom;
    },
    refuse(alert, secret) {
      if (!socket.destroyed) end(alert, sealAlert(secret, sent.applicationData, alert));
    },
  };
}
