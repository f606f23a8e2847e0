// TLS over any Duplex: host sockets and the modem's own alike. Server certificates are always checked; what goes wrong
// is named so that a person can tell a wrong CA from a wrong clock from a refused client certificate.
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import {
  abortReason,
  type Clock,
  type ErrorCode,
  onAbort,
  type Secret,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import { mapNetError, nodeErrorCode } from './host.js';

const HANDSHAKE_DEADLINE_MS = 15_000;

export interface TlsTarget {
  /** Name (sent as SNI) or IP address; the server's certificate must be for it. */
  host: string;
  /** PEM authorities trusted instead of the built-in ones (docs/decisions/0004). */
  ca?: readonly string[] | undefined;
  /** PEM client certificate and its key. */
  cert?: string | undefined;
  key?: Secret | undefined;
  /** Where session tickets are kept between connections (saves about 2 kB a handshake). */
  sessions?: SessionCache | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** Last session ticket per host and client certificate: a ticket carries the identity it was made with. */
export interface SessionCache {
  get(key: string): Buffer | undefined;
  set(key: string, ticket: Buffer): void;
  forget(key: string): void;
}

export function createSessionCache(maxEntries = 8): SessionCache {
  const tickets = new Map<string, Buffer>();
  return {
    get: (key) => tickets.get(key),
    set(key, ticket) {
      tickets.delete(key);
      tickets.set(key, ticket);
      const oldest = tickets.keys().next();
      if (tickets.size > maxEntries && !oldest.done) tickets.delete(oldest.value);
    },
    forget: (key) => void tickets.delete(key),
  };
}

/**
 * Handshake over a connected stream, which belongs to the result from here on (destroyed on failure). 15 s.
 * Errors: `tls.untrusted`, `tls.name`, `tls.expired`, `tls.client-refused`, `tls.failed`, `net.closed`. With TLS 1.3 a
 * refused client certificate shows up only after this resolved, as an error of the stream: see `mapTlsError`.
 */
export function connectTls(duplex: Duplex, target: TlsTarget): Promise<TLSSocket> {
  const { clock, signal } = target;
  return withDeadline(
    { clock, ms: HANDSHAKE_DEADLINE_MS, signal, code: 'tls.failed', what: `TLS handshake with ${target.host}` },
    (inner) => handshake(duplex, target, inner),
  );
}

function handshake(duplex: Duplex, target: TlsTarget, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      duplex.destroy();
      reject(abortReason(signal));
      return;
    }
    const key = cacheKey(target);
    let tls: TLSSocket;
    try {
      tls = tlsConnect(connectOptions(duplex, target, target.sessions?.get(key)));
    } catch (error) {
      // Certificate or key that OpenSSL cannot read or that do not belong together: not the peer's doing.
      duplex.destroy();
      reject(new WaymarkError('identity.invalid', 'certificate or key cannot be used for TLS', { cause: error }));
      return;
    }
    let isUp = false;
    const off = onAbort(signal, () => fail(abortReason(signal)));
    const fail = (error: Error): void => {
      off();
      if (isUp) return;
      target.sessions?.forget(key);
      tls.destroy();
      duplex.destroy();
      reject(error);
    };
    // Both stay attached for life: errors that nobody waits for must not end the process.
    tls.on('error', (error) => fail(mapTlsError(error, target.host)));
    duplex.on('error', (error) => tls.destroy(error));
    tls.once('close', () => fail(new WaymarkError('net.closed', `${target.host}: closed during the TLS handshake`)));
    if (target.sessions) tls.on('session', (ticket) => target.sessions?.set(key, ticket));
    tls.once('secureConnect', () => {
      isUp = true;
      off();
      resolve(tls);
    });
  });
}

function connectOptions(duplex: Duplex, target: TlsTarget, session: Buffer | undefined): ConnectionOptions {
  const { host, ca, cert, key } = target;
  return {
    socket: duplex,
    host,
    ...(isIP(host) ? {} : { servername: host }),
    minVersion: 'TLSv1.2',
    // Spelled out: the environment must not be able to switch the check off.
    rejectUnauthorized: true,
    // Configured authorities replace the built-in ones: narrower trust, and 140 certificates less to parse per connection.
    ...(ca && ca.length > 0 ? { ca: [...ca] } : {}),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
    ...(session === undefined ? {} : { session }),
  };
}

function cacheKey({ host, cert, ca }: TlsTarget): string {
  const hash = createHash('sha256').update(cert ?? '');
  for (const pem of ca ?? []) hash.update(pem);
  return `${host} ${hash.digest('base64')}`;
}

const UNTRUSTED = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
]);
const DATES = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const NAMES = new Set(['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH']);
/** Alerts a server sends about the certificate we showed, or did not show. */
const CLIENT_REFUSED =
  /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_[A-Z]{1,16}|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)$/;

/** An error of a TLS stream, during or after its handshake, as `tls.*` or `net.*`. A WaymarkError passes unchanged. */
export function mapTlsError(error: unknown, host: string): WaymarkError {
  if (error instanceof WaymarkError) return error;
  const code = nodeErrorCode(error);
  const is = tlsCodeOf(code);
  return is === undefined
    ? mapNetError(error, host)
    : new WaymarkError(is, `${host}: ${code}`, { cause: error, evidence: { code } });
}

function tlsCodeOf(code: string): ErrorCode | undefined {
  if (UNTRUSTED.has(code) || code.startsWith('UNABLE_TO_')) return 'tls.untrusted';
  if (NAMES.has(code)) return 'tls.name';
  if (DATES.has(code)) return 'tls.expired';
  if (CLIENT_REFUSED.test(code)) return 'tls.client-refused';
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') return 'tls.failed';
  return undefined;
}
