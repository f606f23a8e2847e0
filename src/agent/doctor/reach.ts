// One server tried: a connection, the hand-shake with its own authorities, the end of its certificate, its time. Nothing
// is logged in to, and no secret is sent: a request for the head of the front page is all that is ever said.

import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type PeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { readCertificates } from '../../config/index.js';
import { isWaymarkError, toWaymarkError, type WaymarkError, withDeadline } from '../../core/index.js';
import { connectTls } from '../../net/index.js';
import type { Service } from './services.js';
import type { DoctorMachine } from './types.js';

export interface Reached {
  service: Service;
  error?: WaymarkError;
  /** End of the server's certificate, ms since 1970 UTC. */
  expiresAtUtcMs?: number;
  /** The server's time minus ours. */
  skewMs?: number;
}

const DATE_MS = 6000;
const DATE_BYTES = 16_384;

/** Never rejects but with the abort reason. */
export async function reach(service: Service, machine: DoctorMachine, signal: AbortSignal): Promise<Reached> {
  const { host, port, tls, caFile, caPem, isHttp } = service;
  const { clock } = machine;
  let duplex: Duplex | undefined;
  try {
    const ca = caFile === undefined ? (caPem === undefined ? undefined : [caPem]) : await readCertificates(caFile);
    duplex = await machine.dial({ host, port }, { signal });
    if (!tls) return { service };
    const secured = await connectTls(duplex, { host, clock, signal, ca });
    duplex = secured;
    const ends = Date.parse((secured.getPeerCertificate() as Partial<PeerCertificate>).valid_to ?? '');
    const skewMs = isHttp ? await skewOf(secured, host, machine, signal) : undefined;
    return {
      service,
      ...(Number.isFinite(ends) ? { expiresAtUtcMs: ends } : {}),
      ...(skewMs === undefined ? {} : { skewMs }),
    };
  } catch (error) {
    signal.throwIfAborted();
    const known = toWaymarkError(error);
    // It wants our certificate, which is not shown here: its own was good.
    if (known.code === 'tls.client-refused') return { service };
    const skewMs = known.code === 'tls.expired' && isHttp ? await skewUnchecked(service, machine, signal) : undefined;
    return { service, error: known, ...(skewMs === undefined ? {} : { skewMs }) };
  } finally {
    duplex?.destroy();
  }
}

/** The time in the head of the front page, against ours. Undefined where there is none. */
async function skewOf(
  stream: Duplex,
  host: string,
  { clock }: DoctorMachine,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    return await withDeadline({ clock, ms: DATE_MS, signal, what: `time of ${host}` }, async () => {
      stream.write(`HEAD / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: waymark-doctor\r\nConnection: close\r\n\r\n`);
      let head = '';
      for await (const chunk of stream) {
        head += (chunk as Buffer).toString('latin1');
        if (head.includes('\r\n\r\n') || head.length > DATE_BYTES) break;
      }
      const told = Date.parse(/^date:[ \t]*([^\r\n]{1,64})/im.exec(head)?.[1] ?? '');
      return Number.isFinite(told) ? told - clock.wall() : undefined;
    });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Whose calendar is wrong, ours or the certificate's? For this one question the certificate is not checked: the answer
 * is believed by nobody but the sentence that is printed, and nothing but the request for the head is sent.
 */
async function skewUnchecked(
  { host, port }: Service,
  machine: DoctorMachine,
  signal: AbortSignal,
): Promise<number | undefined> {
  let stream: TLSSocket | undefined;
  try {
    const socket = await machine.dial({ host, port }, { signal });
    const opened = tlsConnect({ socket, ...(isIP(host) ? {} : { servername: host }), rejectUnauthorized: false });
    stream = opened;
    opened.on('error', () => opened.destroy());
    return await skewOf(opened, host, machine, signal);
  } catch (error) {
    if (!isWaymarkError(error)) throw error;
    return undefined;
  } finally {
    stream?.destroy();
  }
}
