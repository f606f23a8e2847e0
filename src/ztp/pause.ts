// How long a setback is waited out, and the wait itself, which another token cuts short.
import {
  abortable,
  type BackoffPolicy,
  backoffDelayMs,
  clipRetryAfterMs,
  REFUSED_BACKOFF,
  sleep,
  type WaymarkError,
  ZTP_REFUSED_BACKOFF,
  ZTP_WEATHER_BACKOFF,
} from '../core/index.js';
import { callAllowedInMs, type PreparedCall, prepareCall } from './call.js';
import type { RunContext } from './context.js';
import type { ProvisionEffect, ProvisionState } from './provision.js';
import { isProofRefused, tokenOutcome } from './refusal.js';

type Wait = Extract<ProvisionEffect, { do: 'wait' }>;

/**
 * Milliseconds to wait after `error`. A refusal by the service (or of what it gave us) is written down first, so that
 * a restart does not ask again at once, and the token's credential hears of it.
 */
export async function setbackWaitMs(
  context: RunContext,
  { why, tries }: Wait,
  error: WaymarkError,
  at: ProvisionState['is'],
  prepared: PreparedCall | undefined,
): Promise<number> {
  const { memory, clock, token, random } = context;
  const asked = error.retryAfterMs === undefined ? 0 : clipRetryAfterMs(error.retryAfterMs);
  const delay = (policy: BackoffPolicy, attempt: number): number =>
    Math.max(asked, backoffDelayMs(policy, { attempt, outageMs: 0 }, random()));
  if (error.code === 'ztp.budget') return asked;

  const isTheirWord = error.evidence?.['http'] !== undefined || isProofRefused(error);
  let ms: number;
  if (why !== 'refused') ms = delay(ZTP_WEATHER_BACKOFF, tries);
  // Our own word (no token, a malformed value, a hold still running): looking again costs nothing.
  else if (!isTheirWord) return asked > 0 ? asked : delay(REFUSED_BACKOFF, tries);
  else {
    const refusals = memory.now.hold?.refusals ?? 0;
    ms = delay(ZTP_REFUSED_BACKOFF, refusals);
    if (prepared) {
      const { request } = prepared;
      const hold = { request, untilUtcMs: clock.wall() + ms, refusals: refusals + 1, code: error.code };
      await memory.change((m) => ({ ...m, hold }));
    }
  }
  const outcome = tokenOutcome(error);
  if (outcome && prepared) {
    const retryAtMonoMs = clock.mono() + ms;
    token.report(prepared.lease, outcome.is === 'refused' ? { ...outcome, retryAtMonoMs } : outcome);
  }
  return at === 'need' ? Math.max(ms, callAllowedInMs(memory, undefined, clock)) : ms;
}

/** Waits `ms`; `changed` when meanwhile token, endpoint or device are others than those of `before`. */
export async function pause(
  context: RunContext,
  ms: number,
  before: string | undefined,
  signal: AbortSignal,
): Promise<'due' | 'changed'> {
  const endMonoMs = context.clock.mono() + ms;
  for (;;) {
    const leftMs = endMonoMs - context.clock.mono();
    if (leftMs <= 0 || !(await isStirred(context, leftMs, signal))) return 'due';
    const now = await identityOfNow(context, signal);
    if (now !== undefined && now !== before) return 'changed';
  }
}

/** Sleeps; true when the token's credential changed before the time was over. */
async function isStirred({ clock, token }: RunContext, ms: number, signal: AbortSignal): Promise<boolean> {
  const waker = new AbortController();
  let stirred = false;
  const stopListening = token.onChange(() => {
    stirred = true;
    waker.abort();
  });
  try {
    await abortable(sleep(clock, ms, waker.signal), signal);
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the callback above
    if (!stirred || signal.aborted) throw error;
  } finally {
    stopListening();
    waker.abort();
  }
  return stirred;
}

/** What an identity would belong to now; undefined when there is no usable token, which says nothing about a change. */
export async function identityOfNow(context: RunContext, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await prepareCall(context, context.service, signal)).identityOf;
  } catch {
    return undefined;
  }
}
