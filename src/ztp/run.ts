// Drives the machine from `begin` to `have`: performs its effects one after the other, each of which answers with the
// next event. Errors that are not WaymarkErrors are defects and end the run; so do an abort and a disk that fails while
// a refusal is written down.
import { ERRORS, type ErrorCode, isWaymarkError, WaymarkError, withDeadline } from '../core/index.js';
import type { Identity } from '../vault/index.js';
import { callAllowedInMs, makeCall, type PreparedCall, prepareCall } from './call.js';
import type { RunContext } from './context.js';
import { forget } from './memory.js';
import { identityOfNow, pause, setbackWaitMs } from './pause.js';
import type { ZtpMemory } from './ports.js';
import { nextProvision, type ProvisionEffect, type ProvisionEvent, type ProvisionState } from './provision.js';
import { isProofRefused, setbackKind } from './refusal.js';
import { heldIfInForce } from './refused-again.js';
import { isUsable } from './renewal.js';

const PROOF_DEADLINE_MS = 60_000;

/** Resolves with the promoted identity. Rejects when aborted, or with the first setback when nobody is ready to wait. */
export async function runProvisioning(context: RunContext, signal: AbortSignal): Promise<Identity> {
  const { memory, clock, identitySlot, token } = context;
  await memory.load();
  let fresh = await usableStaged(context, signal);
  let prepared: PreparedCall | undefined;
  let isPromoted = false;
  let state: ProvisionState = { is: 'need', tries: 0 };

  const theIdentity = (): Identity => {
    if (!fresh) throw new Error('no identity where the machine has one');
    return fresh;
  };

  const ask = async (): Promise<ProvisionEvent> => {
    prepared = await prepareCall(context, context.service, signal);
    const waitMs = callAllowedInMs(memory, prepared, clock);
    if (waitMs > 0) throw notYet(context, prepared, waitMs);
    fresh = await makeCall(context, context.service, prepared, signal);
    token.report(prepared.lease, { is: 'ok' });
    return { is: 'answered' };
  };

  const stage = async (): Promise<ProvisionEvent> => {
    const stagedOf = prepared?.identityOf;
    if (stagedOf !== undefined) await memory.change((m) => ({ ...m, stagedOf }));
    await identitySlot.stage(theIdentity());
    return { is: 'staged' };
  };

  const prove = async (): Promise<ProvisionEvent> => {
    const identity = theIdentity();
    try {
      await withDeadline({ clock, ms: PROOF_DEADLINE_MS, signal, what: 'proof of the new identity' }, (inner) =>
        context.prove(identity, inner),
      );
    } catch (error) {
      throw await heldIfInForce(identitySlot, identity, error);
    }
    return { is: 'proved' };
  };

  const promote = async (): Promise<ProvisionEvent> => {
    const identity = theIdentity();
    // Repeated when the memory cannot be written: what is promoted is not staged any more, and stays promoted.
    if (!isPromoted) {
      // A swap that failed at its last sync has moved the names all the same: staged anew, it can be done over.
      if ((await identitySlot.staged()) === undefined) await identitySlot.stage(identity);
      await identitySlot.promote();
      isPromoted = true;
    }
    context.show({ promoted: identity });
    await memory.change((m) => ({
      ...forget(m, 'hold', 'stagedOf', 'incomplete'),
      promotedUtcMs: clock.wall(),
      ...(m.stagedOf === undefined ? {} : { identityOf: m.stagedOf }),
    }));
    return { is: 'promoted' };
  };

  const wait = async (effect: Extract<ProvisionEffect, { do: 'wait' }>): Promise<ProvisionEvent> => {
    const { error } = effect;
    const ms = error
      ? await setbackWaitMs(context, effect, error, state.is, prepared)
      : callAllowedInMs(memory, undefined, clock);
    if (error) {
      context.show({ reason: error });
      context.log.warn('ztp.setback', { error, waitMs: Math.round(ms) }, error.hint);
    }
    if (ms <= 0) return { is: 'due' };
    const reason = error ?? whyNotAllowed(context, ms);
    if (context.patience() === 'once') throw reason;
    // The wait may last hours: whoever looks meanwhile is told why.
    context.show({ reason, nextAttemptMonoMs: clock.mono() + ms });
    try {
      return { is: await pause(context, ms, prepared?.identityOf ?? memory.now.stagedOf, signal) };
    } finally {
      context.show({ nextAttemptMonoMs: undefined });
    }
  };

  const perform = (effect: ProvisionEffect): Promise<ProvisionEvent | undefined> => {
    switch (effect.do) {
      case 'wait':
        return wait(effect);
      case 'ask':
        return expected(ask, signal, (error) => ({ is: 'setback', kind: setbackKind(error), error }));
      case 'stage':
        return expected(stage, signal, (error) => ({ is: 'failed', error }));
      case 'prove':
        return expected(prove, signal, (error) => ({ is: isProofRefused(error) ? 'refused' : 'failed', error }));
      case 'promote':
        return expected(promote, signal, (error) => ({ is: 'failed', error }));
      case 'discard':
        fresh = undefined;
        return identitySlot.discard().then(() => undefined);
    }
  };

  const inbox: ProvisionEvent[] = [{ is: 'begin', hasStaged: fresh !== undefined }];
  for (let event = inbox.shift(); event; event = inbox.shift()) {
    const step = nextProvision(state, event);
    state = step.state;
    context.show({ state });
    for (const effect of step.effects ?? []) {
      const answer = await perform(effect);
      if (answer) inbox.push(answer);
    }
  }
  return theIdentity();
}

/** What an earlier run had staged, unless it is of no use or was made for another request. */
async function usableStaged(context: RunContext, signal: AbortSignal): Promise<Identity | undefined> {
  const { identitySlot, memory, clock, service } = context;
  const staged = await identitySlot.staged();
  if (!staged) return undefined;
  const { stagedOf } = memory.now;
  const now = stagedOf === undefined ? undefined : await identityOfNow(context, signal);
  if (service.accepts(staged) && isUsable(staged, clock.wall()) && (now === undefined || now === stagedOf))
    return staged;
  await identitySlot.discard();
  return undefined;
}

async function expected(
  work: () => Promise<ProvisionEvent>,
  signal: AbortSignal,
  turn: (error: WaymarkError) => ProvisionEvent,
): Promise<ProvisionEvent> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || !isWaymarkError(error)) throw error;
    return turn(error);
  }
}

const budgetSpent = (waitMs: number): WaymarkError =>
  new WaymarkError('ztp.budget', 'the calls of this hour or day are used up', { retryAfterMs: waitMs });

/** Why nothing may be asked yet, before it is known what would be: a refusal of before, or the budget alone. */
function whyNotAllowed({ memory, clock }: RunContext, waitMs: number): WaymarkError {
  const { hold } = memory.now;
  if (hold === undefined || hold.untilUtcMs <= clock.wall()) return budgetSpent(waitMs);
  return heldError(hold, 'refused a while ago, and no further call is allowed yet', waitMs);
}

type Hold = NonNullable<ZtpMemory['hold']>;

const heldError = (hold: Hold, message: string, retryAfterMs: number): WaymarkError =>
  new WaymarkError(hold.code in ERRORS ? (hold.code as ErrorCode) : 'ztp.refused', message, { retryAfterMs });

/** Why this request may not be sent yet: refused a while ago (perhaps before a restart), or the budget is used up. */
function notYet({ memory }: RunContext, prepared: PreparedCall, waitMs: number): WaymarkError {
  const { hold } = memory.now;
  if (hold?.request !== prepared.request) return budgetSpent(waitMs);
  return heldError(hold, 'refused a while ago; the same request is not repeated yet', waitMs);
}
