// One request to an assistance server with its budget: spent when the connection stands and before the first byte
// leaves, and given back when no answer came of it.
import { type Clock, type ErrorCode, isWaymarkError, type Logger, WaymarkError } from '../../core/index.js';
import type { HttpsClient, HttpsResponse } from '../../net/index.js';
import { MAX_BODY_BYTES } from './answer.js';
import {
  askWaitMs,
  REFUSAL_HOLD_MS,
  weatherHoldMs,
  withAsked,
  withHold,
  withoutAnswer,
  withoutHold,
} from './memory.js';
import type { AssistMemoryStore } from './memory-store.js';
import type { AssistPart } from './request.js';

export interface ExchangeDeps {
  http: HttpsClient;
  clock: Clock;
  log: Logger;
  memory: AssistMemoryStore;
  /** 0 to 1. */
  random: () => number;
  /** PEM authorities trusted beside the built-in ones. */
  ca?: readonly string[] | undefined;
}

/** A server that answers with something else than orbits goes on doing so for a while. */
const NONSENSE_HOLD_MS = 3_600_000;

/** The requests of one fetch. */
export interface Exchange {
  get(url: string, options: { signal: AbortSignal; deadlineMs: number }): Promise<HttpsResponse>;
  /** Runs the fetch and writes down what its end means for the next: a refusal holds for three hours. */
  settle<T>(run: () => Promise<T>): Promise<T>;
}

/** Something came, or may have: it is counted as delivered though it is of no use. */
const DELIVERED: readonly ErrorCode[] = ['assist.malformed', 'http.too-large', 'core.cancelled'];

/** Refusals of the service itself; what only a road refuses (a captive portal) is over when the road is another. */
const isRefusal = ({ code, retry }: WaymarkError): boolean =>
  retry === 'operator' && (code.startsWith('assist.') || code === 'http.redirect');

export function createExchange(deps: ExchangeDeps, part: AssistPart, of: string): Exchange {
  const { http, clock, memory } = deps;
  const counted = { isServed: false };

  const spend = async (): Promise<void> => {
    const isFirst = !counted.isServed;
    counted.isServed = true;
    await memory.change((known) => withAsked(known, part, isFirst, clock.wall()));
  };

  /** How long an error keeps us from asking again; 0: the lane's back-off is enough. A fleet comes back spread out. */
  const holdMs = (error: WaymarkError): number => {
    const spread = 1 + deps.random() / 10;
    if (isRefusal(error)) return REFUSAL_HOLD_MS * spread;
    if (error.code === 'assist.malformed' || error.code === 'http.too-large') return NONSENSE_HOLD_MS * spread;
    if (error.code !== 'assist.weather') return 0;
    return (error.retryAfterMs ?? weatherHoldMs(memory.now, clock.wall())) * spread;
  };

  return {
    get: (url, { signal, deadlineMs }) =>
      http.request({
        method: 'GET',
        url,
        headers: { Accept: '*/*' },
        maxBodyBytes: MAX_BODY_BYTES,
        deadlineMs,
        beforeSend: spend,
        signal,
        ...(deps.ca === undefined ? {} : { ca: deps.ca }),
      }),

    async settle(run) {
      try {
        const result = await run();
        await memory.change((known) => (known.holds[part] ? withoutHold(known, part) : known));
        return result;
      } catch (error) {
        if (!isWaymarkError(error)) throw error;
        const waitMs = holdMs(error);
        const until = clock.wall() + waitMs;
        await memory.change((known) => {
          const refunded = counted.isServed && !DELIVERED.includes(error.code) ? withoutAnswer(known, part) : known;
          return waitMs === 0 ? refunded : withHold(refunded, part, { untilUtcMs: until, code: error.code, of });
        });
        // Whoever waits should know how long: the hold, or the budget.
        const budgetMs = askWaitMs(memory.now, part, of, clock.wall());
        throw new WaymarkError(error.code, error.message, {
          hint: error.hint,
          evidence: error.evidence,
          cause: error.cause,
          ...(waitMs > 0 || budgetMs > 0 ? { retryAfterMs: Math.max(waitMs, budgetMs) } : {}),
        });
      }
    },
  };
}
