// What goes wrong in front of the healthy assistance services, and how it looks on the wire (specs/ublox.md, simulator
// row 39).
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/index.js';
import type { AssistAnswer } from './assistnow-current.js';

export type AssistFault =
  /** 429, 503, anything; text/plain unless said otherwise. */
  | { is: 'status'; status: number; body?: string; contentType?: string; retryAfter?: string }
  /** Content-Length promises all, half of it comes, then the connection is cut. */
  | { is: 'short' }
  /** A whole answer of which the second half is missing, in the middle of a frame. */
  | { is: 'half' }
  /** 200 and the usual content type, but a sentence instead of frames. */
  | { is: 'text'; body?: string }
  /** 200 with a captive portal's page. */
  | { is: 'html' }
  /** The right bytes under another content type. */
  | { is: 'wrong-type'; contentType?: string }
  /** One byte in the middle is another. */
  | { is: 'damaged' }
  | { is: 'empty' }
  /** So many bytes: the good answer over and over. */
  | { is: 'oversized'; bytes: number }
  /** Nothing (or `afterBytes` of the answer) for that long, then the connection is cut. */
  | { is: 'stall'; forMs: number; afterBytes?: number }
  /** The connection is cut after the request. */
  | { is: 'cut' };

export const ASSIST_FAULTS = [
  'status',
  'short',
  'half',
  'text',
  'html',
  'wrong-type',
  'damaged',
  'empty',
  'oversized',
  'stall',
  'cut',
] as const satisfies readonly AssistFault['is'][];

/** More would only fill the simulator's own memory. */
const MAX_OVERSIZE_BYTES = 64 * 1024 * 1024;
const PAGE = '<!doctype html><title>Welcome</title><p>Please sign in to the guest network.</p>';

export interface WireAnswer extends AssistAnswer {
  headers?: Readonly<Record<string, string>>;
  /** Bytes sent before nothing more comes; absent = all of them. */
  stopAfter?: number;
  /** How long nothing comes before the cut. */
  silentMs?: number;
}

const plain = (body: string, contentType: string): WireAnswer => ({
  status: 200,
  contentType,
  body: Buffer.from(body),
});

/** The answer as the fault leaves it. */
export function spoilt(good: AssistAnswer, fault: AssistFault): WireAnswer {
  const half = Math.floor(good.body.length / 2);
  switch (fault.is) {
    case 'status':
      return {
        ...plain(fault.body ?? '', fault.contentType ?? 'text/plain'),
        status: fault.status,
        ...(fault.retryAfter === undefined ? {} : { headers: { 'retry-after': fault.retryAfter } }),
      };
    case 'short':
      return { ...good, stopAfter: half };
    case 'half':
      return { ...good, body: good.body.subarray(0, half) };
    case 'text':
      return plain(fault.body ?? 'Error: the service is not available', good.contentType);
    case 'html':
      return plain(PAGE, 'text/html; charset=utf-8');
    case 'wrong-type':
      return { ...good, contentType: fault.contentType ?? 'text/plain' };
    case 'damaged': {
      const body = Uint8Array.from(good.body);
      if (body.length > 0) body[half] = (body[half] ?? 0) ^ 0x55;
      return { ...good, body };
    }
    case 'empty':
      return { ...good, body: new Uint8Array() };
    case 'oversized':
      return { ...good, body: Buffer.alloc(Math.min(fault.bytes, MAX_OVERSIZE_BYTES), Buffer.from(good.body)) };
    case 'stall':
      return { ...good, stopAfter: fault.afterBytes ?? 0, silentMs: fault.forMs };
    case 'cut':
      return { ...good, stopAfter: 0 };
  }
}

/**
 * Sends an answer and closes the connection, as the services do.
 * @param framing `close`: without Content-Length.
 * @param hold is told how to end a silence early.
 */
export function sendAssist(
  response: ServerResponse,
  answer: WireAnswer,
  framing: 'length' | 'close',
  clock: Clock,
  hold: (end: () => void) => void,
): void {
  const { stopAfter } = answer;
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  const write = (): void => {
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      connection: 'close',
      ...(framing === 'length' ? { 'content-length': answer.body.length } : {}),
      ...answer.headers,
    });
  };
  if (stopAfter === undefined) {
    write();
    response.end(answer.body);
    return;
  }
  const cut = (): void => void response.destroy();
  const pause = (): void => {
    if (answer.silentMs === undefined) {
      cut();
      return;
    }
    const timer = clock.after(answer.silentMs, cut);
    const end = (): void => {
      timer.cancel();
      cut();
    };
    hold(end);
    response.once('close', () => timer.cancel());
  };
  if (stopAfter === 0) {
    pause();
    return;
  }
  write();
  response.write(answer.body.subarray(0, stopAfter), pause);
}
