// What goes wrong in front of the healthy ThingSpace, or with its answers, and how it looks on the wire (simulator rows 36
// and 37). Only the faults in front keep a request from having its effect: a login whose answer is lost has
// been made.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../core/index.js';
import type { ThingSpaceAnswer } from './answers.js';
import { retryAfterHeader } from './context.js';
import type { RetryAfterForm } from './settings.js';

export type ThingSpaceFault =
  /** Instead of the service: 503 with a page, 429, anything. */
  | {
      is: 'status';
      status: number;
      body?: string;
      contentType?: string;
      retryAfter?: { as: RetryAfterForm; seconds: number };
    }
  /** Instead of the service: 307 to another host. */
  | { is: 'redirect'; location?: string }
  /** Head and half of the answer, then the connection is cut. */
  | { is: 'cut' }
  /** The connection is cut without an answer. */
  | { is: 'reset' }
  /** Nothing for that long, then the connection is cut. */
  | { is: 'stall'; forMs: number }
  /** So many bytes: the good answer, then blanks. */
  | { is: 'oversized'; bytes: number }
  /** A whole answer of half the text. */
  | { is: 'malformed' };

export const THINGSPACE_FAULTS = [
  'status',
  'redirect',
  'cut',
  'reset',
  'stall',
  'oversized',
  'malformed',
] as const satisfies readonly ThingSpaceFault['is'][];

const MAX_OVERSIZE_BYTES = 64 * 1024 * 1024;
export const OUTAGE_PAGE = '<html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>';

type FrontFault = Extract<ThingSpaceFault, { is: 'status' | 'redirect' }>;

/** Does the request never reach the service? */
export const isInFront = (fault: ThingSpaceFault): fault is FrontFault =>
  fault.is === 'status' || fault.is === 'redirect';

/** What stands in front of the service answers. */
export function instead(fault: FrontFault, deps: { clock: Clock; elsewhere: string }): ThingSpaceAnswer {
  if (fault.is === 'redirect')
    return { status: 307, contentType: 'text/html', body: '', headers: { location: fault.location ?? deps.elsewhere } };
  const { as = 'absent', seconds = 0 } = fault.retryAfter ?? {};
  return {
    status: fault.status,
    contentType: fault.contentType ?? 'text/html',
    body: fault.body ?? OUTAGE_PAGE,
    headers: retryAfterHeader(as, seconds, deps.clock),
    reason: 'fault',
  };
}

/** The answer's text as the fault leaves it. */
export function spoiltBody(body: string, fault: ThingSpaceFault | undefined): string {
  if (fault?.is === 'malformed') return body.slice(0, Math.floor(body.length / 2));
  if (fault?.is === 'oversized') return body.padEnd(Math.min(fault.bytes, MAX_OVERSIZE_BYTES));
  return body;
}

/**
 * Sends an answer, spoilt or not.
 * @param hold is told how to end a silence early.
 */
export function sendAnswer(
  response: ServerResponse,
  answer: ThingSpaceAnswer,
  fault: ThingSpaceFault | undefined,
  deps: { clock: Clock; hold: (end: () => void) => void },
): void {
  if (fault?.is === 'reset') {
    response.destroy();
    return;
  }
  if (fault?.is === 'stall') {
    const cut = (): void => void response.destroy();
    const timer = deps.clock.after(fault.forMs, cut);
    deps.hold(cut);
    response.once('close', () => timer.cancel());
    return;
  }
  const body = Buffer.from(spoiltBody(answer.body, fault));
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': body.length,
    ...answer.headers,
  });
  if (fault?.is === 'cut') response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  else response.end(body);
}
