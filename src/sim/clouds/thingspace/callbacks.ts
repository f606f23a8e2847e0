// Answers that come later: kept until they are due, then posted to the address the account registered, signed with
// HMAC-SHA256. The names of the two headers are this simulator's own: the documentation does not show them.
import { createHmac, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock, Logger, Timer } from '../../../core/index.js';

/** Of the answer to a registration: the key that signs. */
export const CALLBACK_SECRET_HEADER = 'x-callback-secret-key';
/** Of a callback: hex HMAC-SHA256 of the body. */
export const CALLBACK_SIGNATURE_HEADER = 'x-hmac-sha256';

export const CALLBACK_NAMES = ['Location', 'DeviceLocation'] as const;
export type CallbackName = (typeof CALLBACK_NAMES)[number];

interface Registered {
  url: string;
  secret: string;
}

export interface CallbackSent {
  txid: string;
  /** What the address answered; absent when nobody did. */
  status?: number;
}

export interface Callbacks {
  /** Gives the key to sign with; undefined for an address that is not on this machine. */
  register(name: CallbackName, url: string): string | undefined;
  unregister(name: CallbackName): boolean;
  readonly registered: readonly { name: CallbackName; url: string }[];
  /** Posts what `make` gives to `DeviceLocation` after the delay. */
  schedule(txid: string, delayMs: number, make: () => object): void;
  /** False when it is unknown or already sent. */
  cancel(txid: string): boolean;
  readonly sent: readonly CallbackSent[];
  stop(): void;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const POST_MS = 5000;

/** A simulator calls nobody but this machine. */
export function loopbackUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isFit = url && ['http:', 'https:'].includes(url.protocol) && LOOPBACK.includes(url.hostname);
  return isFit ? url : undefined;
}

export function createCallbacks(deps: { clock: Clock; log: Logger; caPem: string; onSent: () => void }): Callbacks {
  const { clock, log, caPem, onSent } = deps;
  const registered = new Map<CallbackName, Registered>();
  const waiting = new Map<string, Timer>();
  const open = new Set<() => void>();
  const sent: CallbackSent[] = [];

  const post = (txid: string, { url, secret }: Registered, body: string): void => {
    const settle = (status?: number): void => {
      open.delete(stop);
      limit.cancel();
      sent.push({ txid, ...(status === undefined ? {} : { status }) });
      log.debug('sim.thingspace.callback', { txid, status });
    };
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const outgoing = request(
      url,
      {
        method: 'POST',
        ca: caPem,
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          [CALLBACK_SIGNATURE_HEADER]: createHmac('sha256', secret).update(body).digest('hex'),
        },
      },
      (response) => {
        response.resume();
        settle(response.statusCode);
      },
    );
    const stop = (): void => void outgoing.destroy();
    const limit = clock.deadline(POST_MS, stop);
    open.add(stop);
    outgoing.once('error', () => settle());
    outgoing.end(body);
    onSent();
  };

  return {
    register(name, text) {
      const url = loopbackUrl(text);
      if (!url) return undefined;
      const secret = randomBytes(24).toString('base64url');
      registered.set(name, { url: url.href, secret });
      return secret;
    },
    unregister: (name) => registered.delete(name),
    get registered() {
      return [...registered].map(([name, { url }]) => ({ name, url }));
    },
    schedule(txid, delayMs, make) {
      const due = clock.after(delayMs, () => {
        waiting.delete(txid);
        // The devices are located whether anybody listens or not.
        const body = JSON.stringify(make());
        const to = registered.get('DeviceLocation');
        if (to) post(txid, to, body);
      });
      waiting.set(txid, due);
    },
    cancel(txid) {
      waiting.get(txid)?.cancel();
      return waiting.delete(txid);
    },
    sent,
    stop() {
      for (const timer of waiting.values()) timer.cancel();
      waiting.clear();
      for (const end of open) end();
    },
  };
}
