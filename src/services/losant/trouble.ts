// What the judge says, as the errors a lane ends with; and the count of connections that no loop may exceed.
import { type BudgetLedger, budgetSpend, budgetWaitMs, type Clock, WaymarkError } from '../../core/index.js';
import { initialJudge, type JudgeEffect, type JudgeEvent, judge } from './judge.js';
import type { AuthAnswer } from './oracle.js';

/** Connects and disconnects are billed: a loop must not become a storm. */
const CONNECTS = [{ count: 60, perMs: 3_600_000 }];
const GONE: readonly string[] = ['mqtt.closed', 'net.closed'];

export interface Trouble {
  /** Errors: `losant.weather` with the wait when 60 connections were begun within the hour. */
  spendConnect(): void;
  /** `openSession` failed; `isRoadUp`: CONNECT had been sent. Resolves with what to throw. */
  refused(error: WaymarkError, isRoadUp: boolean, ask: Ask): Promise<WaymarkError>;
  /** The session ended, and not by us. */
  dropped(error: WaymarkError, messages: number): WaymarkError;
  readonly bans: number;
}

/** Asks whether the key is good, with what is known so far as evidence. */
export type Ask = (evidence: Readonly<Record<string, string | number>>) => Promise<AuthAnswer>;

export function createTrouble(clock: Clock): Trouble {
  let state = initialJudge();
  let ledger: BudgetLedger = [];
  let bans = 0;

  const next = (event: JudgeEvent): JudgeEffect => {
    const step = judge(state, event);
    state = step.state;
    if (step.effect.do === 'wait' && step.effect.code === 'losant.banned') bans++;
    return step.effect;
  };

  const toError = (effect: JudgeEffect, error: WaymarkError, extra: Readonly<Record<string, string | number>>) =>
    effect.do === 'wait'
      ? new WaymarkError(effect.code, sentenceOf(effect.code, error), {
          cause: error,
          evidence: { ...error.evidence, ...extra },
          retryAfterMs: effect.ms,
        })
      : error;

  const ofFailure = (error: WaymarkError, isRoadUp: boolean): JudgeEvent => {
    const nowMonoMs = clock.mono();
    const connack = error.evidence?.['connack'];
    if (typeof connack === 'number') return { is: 'refused', connack, nowMonoMs };
    return isRoadUp && GONE.includes(error.code) ? { is: 'closed-before-connack', nowMonoMs } : { is: 'weather' };
  };

  return {
    get bans() {
      return bans;
    },
    spendConnect() {
      // Monotonic on purpose: a stepped wall clock must not open the gate.
      const now = clock.mono();
      const retryAfterMs = Math.ceil(budgetWaitMs(CONNECTS, ledger, now));
      if (retryAfterMs > 0)
        throw new WaymarkError('losant.weather', '60 connections were begun within the hour', { retryAfterMs });
      ledger = budgetSpend(CONNECTS, ledger, now);
    },
    async refused(error, isRoadUp, ask) {
      const effect = next(ofFailure(error, isRoadUp));
      if (effect.do !== 'ask-oracle') return toError(effect, error, {});
      const connack = error.evidence?.['connack'] ?? 'none';
      const answer = await ask({ connack });
      const verdict = next({ is: 'oracle', answer: answer.is, nowMonoMs: clock.mono() });
      const extra = { connack, oracle: answer.is };
      if (answer.is === 'good' || answer.is === 'weather') return toError(verdict, error, extra);
      // Losant's own answer says more than the broker's silence.
      return new WaymarkError(answer.error.code, answer.error.message, {
        cause: error,
        evidence: { ...answer.error.evidence, ...extra },
        retryAfterMs: answer.error.retryAfterMs ?? (verdict.do === 'wait' ? verdict.ms : undefined),
      });
    },
    dropped(error, messages) {
      const aliveMs = Number(error.evidence?.['aliveMs'] ?? 0);
      // A silent road is ours, not the broker's.
      const isBroker = GONE.includes(error.code) && !/keepalive/i.test(error.message);
      const event: JudgeEvent = isBroker
        ? { is: 'dropped', aliveMs, messages, nowMonoMs: clock.mono() }
        : { is: 'weather' };
      return toError(next(event), error, { messages });
    },
  };
}

function sentenceOf(code: WaymarkError['code'], { message }: WaymarkError): string {
  switch (code) {
    case 'losant.banned':
      return `the broker keeps this device out for a while (${message})`;
    case 'losant.twin':
      return `five connections in a row lasted less than 30 s (${message})`;
    default:
      return message;
  }
}
