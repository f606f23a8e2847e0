// What goes wrong in front of the healthy REST API, before the request has its effect or after it (rows R22, R24, R29).
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../core/index.js';
import type { LosantRoute, RestAnswer } from './rest-call.js';

export const LOSANT_FAULTS = ['status', 'html', 'text', 'truncated', 'stall', 'reset'] as const;

export interface LosantFault {
  /**
   * `status`: 503 or another, with Losant's form of errors; `html`: 502 with a page; `text`: 200 with a sentence;
   * `truncated`: half of the good answer; `stall`: nothing for that long, then the connection is cut; `reset`: cut at once.
   */
  is: (typeof LOSANT_FAULTS)[number];
  /** After: the request has its effect, only its answer is lost (default before). */
  when?: 'before' | 'after';
  status?: number;
  body?: string;
  retryAfterS?: number;
  forMs?: number;
}

export interface PushedFault {
  fault: LosantFault;
  route: LosantRoute | undefined;
}

const PAGE = '<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>';
const DEFAULT_STALL_MS = 60_000;

/** Has the request its effect in spite of the fault? Half an answer needs a whole one. */
export const isCommitted = (fault: LosantFault): boolean => fault.when === 'after' || fault.is === 'truncated';

/** The answer that comes instead; undefined when none comes. */
export function faultyAnswer(fault: LosantFault, good: RestAnswer | undefined): RestAnswer | undefined {
  switch (fault.is) {
    case 'status': {
      const status = fault.status ?? 503;
      const body =
        fault.body ?? JSON.stringify({ type: status === 429 ? 'TooManyRequests' : 'Unavailable', message: 'later' });
      const { retryAfterS: after } = fault;
      return { status, body, ...(after === undefined ? {} : { headers: { 'retry-after': String(after) } }) };
    }
    case 'html':
      return { status: fault.status ?? 502, body: PAGE, headers: { 'content-type': 'text/html' } };
    case 'text':
      return {
        status: 200,
        body: fault.body ?? 'the service is not available',
        headers: { 'content-type': 'text/plain' },
      };
    case 'truncated':
      return good && { ...good, body: good.body.slice(0, Math.floor(good.body.length / 2)) };
    case 'stall':
    case 'reset':
      return undefined;
  }
}

/** No answer: the connection is cut, at once or after a silence. `hold` is told how to end that early. */
export function leaveUnanswered(
  fault: LosantFault,
  response: ServerResponse,
  clock: Clock,
  hold: (end: () => void) => void,
): void {
  const cut = (): void => void response.destroy();
  if (fault.is !== 'stall') {
    cut();
    return;
  }
  const timer = clock.after(fault.forMs ?? DEFAULT_STALL_MS, cut);
  response.once('close', () => timer.cancel());
  hold(() => {
    timer.cancel();
    cut();
  });
}
