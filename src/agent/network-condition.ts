// Who says that nothing gets through, whether that is so, and when a rung of the network ladder is due. Pure.
//
//                 session failed 3 times, the probe or the module says so
//   well ────────────────────────────────────────────────────────────────→ asking the road
//    ▲ ▲                                                                     │ works: the module is not at fault and is
//    │ ╰─────────────────────────────────────────────────────────────────────┤ left alone (a broker may be out)
//    │                                                                       │ dead
//    │ session up, road works, module registered again                       ▼
//    ╰───────────────────────────────────────── rung → cool-down (failures do not count) → asking the road
//
//   held: a module that is denied, has SIM trouble or must not roam waits for a person; one that does not answer is the
//   channel ladder's business. Meanwhile no rung is taken, whoever complains.
import { type ErrorCode, unreachable, WaymarkError } from '../core/index.js';
import type { DataPathSnapshot } from './data-path.js';
import { HEALTHY_MS } from './recovery.js';

const MINUTE = 60_000;
/** Sessions that fail in a row before the road is asked; the ladder's `session` rung. */
const SESSION_TRIES = 3;
/** After a refusal modules fall back to searching by themselves: for so long that is still the refusal. */
const DENIAL_MS = 60 * MINUTE;
const DENIALS: readonly ErrorCode[] = ['network.denied', 'network.roaming'];

export type Reporter = 'session' | 'probe' | 'modem';

export interface NetworkCondition {
  sessionUp: boolean;
  sessionFailures: number;
  /** Since when nothing gets through, and the failure that said so. */
  dead: { sinceMonoMs: number; by: Reporter } | undefined;
  /** Since when nothing is known to be wrong; undefined while something is. */
  wellSinceMonoMs: number | undefined;
  /** Until then the last rung is being judged. */
  quietUntilMonoMs: number;
  /** Why no rung may be taken. */
  hold: { code: ErrorCode; sinceMonoMs: number; isDenial: boolean } | undefined;
}

export const NETWORK_START: NetworkCondition = {
  sessionUp: false,
  sessionFailures: 0,
  dead: undefined,
  wellSinceMonoMs: undefined,
  quietUntilMonoMs: 0,
  // Until the module has been heard of there is nothing to be done to it.
  hold: { code: 'link.absent', sinceMonoMs: 0, isDenial: false },
};

export type NetworkEvent =
  | { is: 'ok'; by: Reporter; monoMs: number }
  | { is: 'failure'; by: Reporter; error: WaymarkError; monoMs: number }
  /** The road's answer to `ask-road`. `unknown`: there is nothing to ask. */
  | { is: 'road'; answer: DataPathSnapshot['state']; by: Reporter; error: WaymarkError; monoMs: number }
  /** A rung was taken. */
  | { is: 'acted'; coolDownMs: number; monoMs: number };

export type NetworkEffect =
  | { do: 'ask-road'; by: Reporter; error: WaymarkError }
  | { do: 'climb'; error: WaymarkError; deadForMs: number }
  /** The last climb is over. */
  | { do: 'forget' }
  /** What a session waits for may be there again. */
  | { do: 'new-session' };

interface NetworkStep {
  state: NetworkCondition;
  effects: readonly NetworkEffect[];
}

const stay = (state: NetworkCondition): NetworkStep => ({ state, effects: [] });

function heardOk(state: NetworkCondition, by: Reporter, monoMs: number): NetworkStep {
  // What gets through counts for more than what the module says of itself, and not the other way round.
  const heals = state.dead !== undefined && (by !== 'modem' || state.dead.by === 'modem');
  const dead = heals ? undefined : state.dead;
  const next: NetworkCondition = {
    ...state,
    dead,
    wellSinceMonoMs: dead ? undefined : (state.wellSinceMonoMs ?? monoMs),
    ...(by === 'session' ? { sessionUp: true, sessionFailures: 0 } : {}),
    ...(by === 'modem' ? { hold: undefined } : {}),
  };
  return { state: next, effects: heals && by === 'probe' ? [{ do: 'new-session' }] : [] };
}

/** What a failing module says about holding the ladder. */
function holdAfter(state: NetworkCondition, error: WaymarkError, monoMs: number): NetworkCondition['hold'] {
  const isDenial = DENIALS.includes(error.code) || error.code.startsWith('sim.') || error.retry === 'operator';
  if (isDenial || !error.code.startsWith('network.')) return { code: error.code, sinceMonoMs: monoMs, isDenial };
  const { hold } = state;
  return hold?.isDenial === true && monoMs - hold.sinceMonoMs < DENIAL_MS ? hold : undefined;
}

function failed(state: NetworkCondition, by: Reporter, error: WaymarkError, monoMs: number): NetworkStep {
  const wasWell = state.wellSinceMonoMs !== undefined && monoMs - state.wellSinceMonoMs >= HEALTHY_MS;
  const forget: readonly NetworkEffect[] = wasWell ? [{ do: 'forget' }] : [];
  let next: NetworkCondition = state;
  let asks: boolean;
  switch (by) {
    case 'session': {
      const sessionFailures = state.sessionFailures + 1;
      next = { ...state, sessionUp: false, sessionFailures };
      asks = sessionFailures >= SESSION_TRIES && error.retry !== 'operator';
      break;
    }
    case 'modem':
      next = { ...state, hold: holdAfter(state, error, monoMs) };
      asks = true;
      break;
    case 'probe':
      asks = true;
      break;
    default:
      return unreachable(by);
  }
  // A live session is the best evidence there is: what the module says meanwhile touches nothing.
  if (!asks || next.sessionUp || next.hold || monoMs < next.quietUntilMonoMs) return { state: next, effects: forget };
  if (by === 'probe') {
    const judged = judge(next, 'dead', by, error, monoMs);
    return { state: judged.state, effects: [...forget, ...judged.effects] };
  }
  return { state: { ...next, sessionFailures: 0 }, effects: [...forget, { do: 'ask-road', by, error }] };
}

function judge(
  state: NetworkCondition,
  answer: DataPathSnapshot['state'],
  by: Reporter,
  error: WaymarkError,
  monoMs: number,
): NetworkStep {
  if (answer === 'works') return heardOk(state, 'probe', monoMs);
  // Without a road to ask, only the module itself knows.
  if (answer === 'unknown' && by !== 'modem') return stay(state);
  const dead = state.dead ?? { sinceMonoMs: monoMs, by };
  const why =
    by === 'modem' || by === 'probe' ? error : new WaymarkError('network.no-road', error.message, { cause: error });
  return {
    state: { ...state, dead, wellSinceMonoMs: undefined },
    effects: [{ do: 'climb', error: why, deadForMs: monoMs - dead.sinceMonoMs }],
  };
}

/** The transition. Pure. */
export function nextNetwork(state: NetworkCondition, event: NetworkEvent): NetworkStep {
  switch (event.is) {
    case 'ok':
      return heardOk(state, event.by, event.monoMs);
    case 'failure':
      return failed(state, event.by, event.error, event.monoMs);
    case 'road':
      return judge(state, event.answer, event.by, event.error, event.monoMs);
    case 'acted':
      return stay({ ...state, quietUntilMonoMs: event.monoMs + event.coolDownMs });
    default:
      return unreachable(event);
  }
}
