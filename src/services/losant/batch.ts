// Many records in one request: an array of states by REST (specs/losant.md section 4). Losant takes or refuses an array as
// a whole, so what stands in it is found by smaller ones:
//
//   size 100 ── refused, or too slow ──> half of it ──> … ──> 1 ── refused ──> that record alone is rejected
//       ^                                                      |
//       └──────────── twice as many after each taken ──────────┘
//
// A call posts a few arrays and returns before its caller loses patience, with what it knows by then; the size is kept for
// the next call. So each array either settles records or is half as long as the last: there is always progress.
import {
  type Clock,
  type CloudRecord,
  isWaymarkError,
  linkedController,
  type SendOptions,
  sleep,
  type Verdict,
  type WaymarkError,
} from '../../core/index.js';
import type { LosantRest } from './rest.js';
import type { LosantState, StateAnswer } from './state.js';

export const BATCH = { maxRecords: 100, maxBytes: 200_000, everyMs: 1000 };
/** REST did not take it: whatever the reason, it is not the record's. */
const LATER_MS = 15_000;
/** Of one call, all its arrays together: less than the outbox's patience, which throws away what was known by then. */
const CALL_MS = 25_000;
const MAX_POSTS = 4;
/** An array that took longer is not followed by a longer one. */
const SLOW_MS = 6000;
/** Not tried in this call; the pace of arrays is kept by whoever calls. */
const NOT_TRIED: Verdict = { is: 'busy', retryAfterMs: 1 };

export interface PosterDeps {
  clock: Clock;
  rest: Pick<LosantRest, 'postState'>;
  stateOf(record: CloudRecord): StateAnswer;
  /** It was not the records: a credential, an id, the network. */
  onTrouble?(error: WaymarkError): void;
}

type Poster = (records: readonly CloudRecord[], options: SendOptions) => Promise<Verdict[]>;

/** Posts as few arrays as the limits allow; one poster for a link, because it learns. Never rejects. */
export function createPoster(deps: PosterDeps): Poster {
  const { clock, rest } = deps;
  let size = BATCH.maxRecords;

  /** One array; the verdict for all of it, or `split`. */
  const postOnce = async (states: readonly LosantState[], signal: AbortSignal): Promise<Verdict | 'split'> => {
    try {
      const [only] = states;
      await rest.postState(states.length === 1 && only ? only : states, { signal });
      return { is: 'accepted' };
    } catch (error) {
      if (signal.aborted) return { is: 'timeout' };
      if (!isWaymarkError(error)) throw error;
      if (error.code === 'losant.bad-request') {
        if (states.length > 1) return 'split';
        return { is: 'rejected', code: error.code, reason: String(error.evidence?.['text'] ?? error.message) };
      }
      if (error.code === 'core.timeout') return { is: 'timeout' };
      deps.onTrouble?.(error);
      return { is: 'busy', retryAfterMs: error.retryAfterMs ?? LATER_MS };
    }
  };

  /** Verdicts from the first state on; those behind were not tried. */
  const post = async (states: readonly LosantState[], signal: AbortSignal): Promise<Verdict[]> => {
    const verdicts: Verdict[] = [];
    const endMs = clock.mono() + CALL_MS;
    let slowestMs = 0;
    for (let posts = 0; posts < MAX_POSTS && verdicts.length < states.length; posts++) {
      if (posts > 0) {
        // Only where there is time for one as slow as the slowest.
        if (clock.mono() + BATCH.everyMs + 2 * slowestMs > endMs) break;
        await sleep(clock, BATCH.everyMs, signal).catch(() => undefined);
        if (signal.aborted) break;
      }
      const part = upTo(states.slice(verdicts.length, verdicts.length + size));
      const beganMs = clock.mono();
      const verdict = await postOnce(part, signal);
      const tookMs = clock.mono() - beganMs;
      slowestMs = Math.max(slowestMs, tookMs);
      if (verdict === 'split' || verdict.is === 'timeout') size = Math.max(1, Math.ceil(part.length / 2));
      else if (verdict.is === 'accepted' && tookMs < SLOW_MS) size = Math.min(BATCH.maxRecords, size * 2);
      if (verdict === 'split') continue;
      verdicts.push(...part.map(() => verdict));
      // What could not be sent holds up what comes after it.
      if (verdict.is === 'busy') verdicts.push(...states.slice(verdicts.length).map(() => verdict));
      if (verdict.is === 'timeout') break;
    }
    return verdicts;
  };

  return async (records, { signal }) => {
    const answers = records.map((record) => deps.stateOf(record));
    const states = answers.flatMap((answer) => (answer.is === 'state' ? [answer.json] : []));
    using call = linkedController(signal);
    const timer = clock.after(CALL_MS, () => call.abort());
    let next = 0;
    try {
      const posted = await post(states, call.signal);
      return answers.map((answer) =>
        answer.is === 'state' ? (posted[next++] ?? NOT_TRIED) : { ...answer, isLocal: true },
      );
    } finally {
      timer.cancel();
    }
  };
}

/** As many from the front as one request may carry. */
function upTo(states: readonly LosantState[]): LosantState[] {
  let bytes = 2;
  const end = states.findIndex((state) => {
    bytes += Buffer.byteLength(JSON.stringify(state)) + 1;
    return bytes > BATCH.maxBytes;
  });
  return states.slice(0, end < 0 ? states.length : Math.max(1, end));
}
