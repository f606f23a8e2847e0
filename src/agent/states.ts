// The agent's machine: where on the chain we are, since when, and why not further.
//
//   booting → modem → network → identity → session → serving        (furthest lamp that is lit)
//      |        |        |          |          |         |
//      |        +--------+----------+----------+---------+--lost--→ degraded ──recovered──→ where it was
//      |
//      +→ misconfigured                                             any ──stop──→ draining ──drained──→ stopped
//
// Lanes run side by side and only report lamps; this function turns lamps into one state. Positions stay available
// whatever it says, and one dark lamp never darkens another by itself.
import type { ErrorCode, Rung } from '../core/index.js';
import { type AgentState, LAMPS, type LampName, type LampState } from '../status/index.js';

export interface LampReason {
  code: ErrorCode;
  message: string;
  hint: string;
  rung?: Rung | undefined;
}

export interface Lamp {
  state: LampState;
  /** Whether it has been lit since start: only then can it be lost. */
  everLit: boolean;
  sinceWallMs: number;
  detail?: string | undefined;
  reason?: LampReason | undefined;
  next?: { what: string; atMonoMs?: number } | undefined;
}

export type Lamps = Readonly<Record<LampName, Lamp>>;

export interface AgentCondition {
  state: AgentState;
  sinceWallMs: number;
  lamps: Lamps;
  /** The lamp that was lit and is lost, when degraded. */
  lost?: LampName;
}

export type LampReport = Pick<Lamp, 'state'> & Partial<Pick<Lamp, 'detail' | 'reason' | 'next'>>;

export type AgentEvent =
  | { is: 'lamp'; name: LampName; report: LampReport; wallMs: number }
  | { is: 'stop'; wallMs: number }
  | { is: 'drained'; wallMs: number };

/** Lamps whose absence means there is nothing to wait for; the receiver's own fix is not the agent's doing. */
const CHAIN: readonly LampName[] = ['modem', 'sim', 'network', 'identity', 'session', 'corrections'];

const STATE_OF: Readonly<Record<LampName, AgentState>> = {
  modem: 'modem',
  sim: 'modem',
  network: 'network',
  identity: 'identity',
  session: 'session',
  corrections: 'serving',
  fix: 'serving',
};

export function initialCondition(present: readonly LampName[], wallMs: number): AgentCondition {
  const lamp = (name: LampName): Lamp => ({
    state: present.includes(name) ? 'waiting' : 'absent',
    everLit: false,
    sinceWallMs: wallMs,
  });
  const lamps = Object.fromEntries(LAMPS.map((name) => [name, lamp(name)])) as Record<LampName, Lamp>;
  // Without any there is nothing to come up.
  const { state } = stateFrom(lamps);
  return { state: state === 'serving' ? state : 'booting', sinceWallMs: wallMs, lamps };
}

function stateFrom(lamps: Lamps): { state: AgentState; lost?: LampName } {
  const expected = CHAIN.filter((name) => lamps[name].state !== 'absent');
  // Coming back (waiting) is not back: what was lit is lost until it is lit again.
  const lost = expected.find((name) => lamps[name].everLit && lamps[name].state !== 'lit');
  if (lost) return { state: 'degraded', lost };
  if (expected.every((name) => lamps[name].state === 'lit')) return { state: 'serving' };
  const furthest = [...expected].reverse().find((name) => lamps[name].state === 'lit');
  return { state: furthest ? STATE_OF[furthest] : 'booting' };
}

/** Pure: the condition after one event. */
export function nextCondition(condition: AgentCondition, event: AgentEvent): { state: AgentCondition } {
  const enter = (state: AgentState): AgentCondition => ({ ...condition, state, sinceWallMs: event.wallMs });
  switch (event.is) {
    case 'stop':
      return { state: condition.state === 'stopped' ? condition : enter('draining') };
    case 'drained':
      return { state: enter('stopped') };
    case 'lamp': {
      const before = condition.lamps[event.name];
      const after: Lamp = {
        ...event.report,
        everLit: before.everLit || event.report.state === 'lit',
        sinceWallMs: before.state === event.report.state ? before.sinceWallMs : event.wallMs,
      };
      const lamps: Lamps = { ...condition.lamps, [event.name]: after };
      if (condition.state === 'draining' || condition.state === 'stopped') return { state: { ...condition, lamps } };
      const { state, lost } = stateFrom(lamps);
      return {
        state: {
          state,
          lamps,
          sinceWallMs: state === condition.state ? condition.sinceWallMs : event.wallMs,
          ...(lost ? { lost } : {}),
        },
      };
    }
  }
}
