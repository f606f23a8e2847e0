// Who may come in over TCP (specs/reliability.md section 6, fault X3). A web page somewhere can send requests to
// 127.0.0.1 from a browser on this machine: its name, its origin and what the browser says of it give it away.
//
//   Host is ours, port included ──> Origin absent or ours ──> Sec-Fetch-Site absent, same-origin or none ──> in
//   to act: a loopback address ──> Authorization: Bearer TOKEN
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { type Secret, WaymarkError } from '../core/index.js';

const asNamed = (address: string): string => (address.includes(':') ? `[${address}]` : address).toLowerCase();

/**
 * The names and addresses this door answers to, with its port. One that is open to a network is found by the machine's own
 * name as well; somebody else's name that leads here (a rebound one above all) is not ours.
 */
export function ownHosts(host: string, port: number, machine = hostname()): readonly string[] {
  const name = machine.toLowerCase();
  const names = isLoopback(host) || name === '' ? [] : [name, ...(name.includes('.') ? [] : [`${name}.local`])];
  return [...new Set(['localhost', '127.0.0.1', '[::1]', asNamed(host), ...names])].map((each) => `${each}:${port}`);
}

/** The address the visitor has reached, whichever of the machine's it is: 0.0.0.0 is nobody's to name. */
function reached({ localAddress, localPort }: IncomingMessage['socket']): string {
  return localAddress === undefined ? '' : `${asNamed(localAddress.replace(/^::ffff:(?=\d)/, ''))}:${localPort ?? 0}`;
}

export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (/^(?:::ffff:)?127\./.test(address) || address === '::1' || address === 'localhost');

/** Why the visitor is refused, if it is. */
export function refuseForeign(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  known: readonly string[],
): WaymarkError | undefined {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  const hosts = [...known, reached(socket)];
  if (!hosts.includes(host.toLowerCase())) return new WaymarkError('status.foreign', 'not the name of this gateway');
  if (origin !== undefined && !hosts.some((own) => origin.toLowerCase() === `http://${own}`))
    return new WaymarkError('status.foreign', 'asked by the page of another site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return new WaymarkError('status.foreign', 'asked by the page of another site');
  return undefined;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes as long for a near miss as for a far one, and says nothing of the length. */
function isToken(shown: string, token: Secret): boolean {
  return timingSafeEqual(digest(shown), digest(token.reveal()));
}

/** Why the visitor may not act, if it may not. */
export function refuseActing(request: IncomingMessage, token: Secret | undefined): WaymarkError | undefined {
  if (!isLoopback(request.socket.localAddress))
    return new WaymarkError('status.local-only', 'on the network this door only shows', {
      hint: 'The token would cross the network in the clear: use `waymark page share`, which is encrypted, or ask on the gateway.',
    });
  const shown = /^Bearer ([\w.~+/=-]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!token || shown === undefined || !isToken(shown, token))
    return new WaymarkError(
      'status.token',
      shown === undefined ? 'this needs the page’s token' : 'not the token of this start',
    );
  return undefined;
}
