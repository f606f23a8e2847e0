// The agent's machine with a handier keyboard: lanes light and darken lamps here, and everyone else reads the condition.
import { type Clock, createRunner, type Logger, type WaymarkError } from '../core/index.js';
import type { LampName } from '../status/index.js';
import { type AgentCondition, type AgentEvent, initialCondition, type LampReport, nextCondition } from './states.js';

export interface LampBoard {
  lit(name: LampName, detail: string): void;
  waiting(name: LampName, detail?: string): void;
  /** `detail`: what is behind the error, too long for the sentence of state. */
  dark(name: LampName, error: WaymarkError, next?: { what: string; atMonoMs?: number }, detail?: string): void;
  /** Not lit because an earlier lamp is not. A lamp that was lit keeps its light only if its own lane says so. */
  blocked(name: LampName, by: LampName): void;
  isLit(name: LampName): boolean;
  isPresent(name: LampName): boolean;
  condition(): AgentCondition;
  send(event: AgentEvent): void;
  onChange(listener: () => void): () => void;
}

export function createLampBoard(present: readonly LampName[], clock: Clock, log: Logger): LampBoard {
  const listeners = new Set<() => void>();
  const runner = createRunner<AgentCondition, AgentEvent>({
    initial: initialCondition(present, clock.wall()),
    next: nextCondition,
    onTransition: (from, to) => {
      if (from.state !== to.state)
        log.info('agent.state', { from: from.state, to: to.state, ...(to.lost ? { lost: to.lost } : {}) });
      for (const listener of listeners) listener();
    },
  });
  const report = (name: LampName, lamp: LampReport): void => {
    const now = runner.state.lamps[name];
    if (now.state === 'absent') return;
    const same =
      now.state === lamp.state &&
      now.detail === lamp.detail &&
      now.reason?.code === lamp.reason?.code &&
      now.next?.atMonoMs === lamp.next?.atMonoMs;
    if (same) return;
    if (now.state !== lamp.state)
      log.info('lamp', {
        lamp: name,
        state: lamp.state,
        ...(lamp.detail ? { detail: lamp.detail } : {}),
        ...(lamp.reason ? { reason: lamp.reason.code } : {}),
      });
    runner.send({ is: 'lamp', name, report: lamp, wallMs: clock.wall() });
  };
  return {
    lit: (name, detail) => report(name, { state: 'lit', detail }),
    waiting: (name, detail) => report(name, { state: 'waiting', detail }),
    dark: (name, error, next, detail) =>
      report(name, {
        ...{ state: 'dark', detail },
        reason: { code: error.code, message: error.message, hint: error.hint, rung: error.rung },
        next,
      }),
    blocked: (name, by) => report(name, { state: 'waiting', detail: `waits for ${by}` }),
    isLit: (name) => runner.state.lamps[name].state === 'lit',
    isPresent: (name) => runner.state.lamps[name].state !== 'absent',
    condition: () => runner.state,
    send: (event) => runner.send(event),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
