// Many records in one request: an array of states by REST (specs/losant.md section 4). A refused array is halved until the
// state that is refused stands alone, so that one bad record costs itself and not its neighbours.
import {
  type CloudRecord,
  isWaymarkError,
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

export interface PosterDeps {
  clock: Parameters<typeof sleep>[0];
  rest: Pick<LosantRest, 'postState'>;
  stateOf(record: CloudRecord): StateAnswer;
  /** It was not the records: a credential, an id, the network. */
  onTrouble?(error: WaymarkError): void;
}

/** Posts as few arrays as the limits allow. Never rejects. */
export function createPoster(
  deps: PosterDeps,
): (records: readonly CloudRecord[], options: SendOptions) => Promise<Verdict[]> {
  const { clock, rest } = deps;

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

  const post = async (states: readonly LosantState[], signal: AbortSignal): Promise<Verdict[]> => {
    const verdict = await postOnce(states, signal);
    if (verdict !== 'split') return states.map(() => verdict);
    const middle = Math.ceil(states.length / 2);
    const verdicts: Verdict[] = [];
    for (const half of [states.slice(0, middle), states.slice(middle)]) {
      await sleep(clock, BATCH.everyMs, signal).catch(() => undefined);
      verdicts.push(...(signal.aborted ? half.map(() => ({ is: 'timeout' }) as const) : await post(half, signal)));
    }
    return verdicts;
  };

  return async (records, { signal }) => {
    const answers = records.map((record) => deps.stateOf(record));
    const states = answers.flatMap((answer) => (answer.is === 'state' ? [answer.json] : []));
    const posted: Verdict[] = [];
    for (const [at, group] of groups(states).entries()) {
      if (at > 0) await sleep(clock, BATCH.everyMs, signal).catch(() => undefined);
      // What could not be sent holds up what comes after it.
      const last = posted.at(-1);
      if (signal.aborted || last?.is === 'busy' || last?.is === 'timeout')
        posted.push(...group.map(() => last ?? ({ is: 'timeout' } as const)));
      else posted.push(...(await post(group, signal)));
    }
    let next = 0;
    return answers.map((answer) => (answer.is === 'state' ? (posted[next++] ?? { is: 'timeout' }) : answer));
  };
}

/** Runs of states within both limits. */
function groups(states: readonly LosantState[]): LosantState[][] {
  const all: LosantState[][] = [];
  let bytes = 0;
  for (const state of states) {
    const size = Buffer.byteLength(JSON.stringify(state)) + 1;
    const group = all.at(-1);
    if (group && group.length < BATCH.maxRecords && bytes + size <= BATCH.maxBytes) {
      group.push(state);
      bytes += size;
    } else {
      all.push([state]);
      bytes = size + 2;
    }
  }
  return all;
}
