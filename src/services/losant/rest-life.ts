// Reporting by single requests: every so often the gateway says that it is there, sends what waits in arrays, fetches its
// commands, and hangs up (specs/losant.md section 6). Losant itself suggests this for devices that report rarely.
import {
  type CloudRecord,
  isWaymarkError,
  linkedController,
  sleep,
  toWaymarkError,
  type WaymarkError,
} from '../../core/index.js';
import { createRestLink } from './link.js';
import type { LosantRest } from './rest.js';
import type { StateAnswer } from './state.js';
import type { LosantDeps, LosantOptions } from './types.js';

const REPORT_EVERY_MS = 300_000;
const LOOK_MS = 500;

export interface RestLifeParts {
  deps: LosantDeps;
  options: LosantOptions;
  rest: LosantRest;
  stateOf(record: CloudRecord): StateAnswer;
}

export interface RestLifeContext {
  signal: AbortSignal;
  /** A cycle begins: Losant has answered. */
  onUp(): void;
  /** A cycle is through. */
  onRest(nextAtMonoMs: number): void;
}

/** Ends only by error or abort. */
export async function liveOnRest(parts: RestLifeParts, { signal, onUp, onRest }: RestLifeContext): Promise<void> {
  const { clock } = parts.deps;
  const everyMs = parts.options.reportEveryMs ?? REPORT_EVERY_MS;
  const announce = createAnnouncer(parts);
  for (;;) {
    const startMonoMs = clock.mono();
    await announce(signal);
    onUp();
    await cycle(parts, signal);
    const waitMs = Math.max(LOOK_MS, startMonoMs + everyMs - clock.mono());
    onRest(clock.mono() + waitMs);
    await sleep(clock, waitMs, signal);
  }
}

/** Says "connected"; a token that may not is asked for that no more. */
function createAnnouncer({ deps, rest }: RestLifeParts): (signal: AbortSignal) => Promise<void> {
  let mayNot = false;
  return async (signal) => {
    if (mayNot) return;
    try {
      await rest.setConnectionStatus({ status: 'connected' }, { signal });
    } catch (error) {
      if (!isWaymarkError(error, 'losant.scope', 'losant.bad-request')) throw error;
      mayNot = true;
      deps.log.warn('losant.no-connection-status', { error: error.code });
    }
  };
}

async function cycle({ deps, rest, stateOf }: RestLifeParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  using life = linkedController(signal);
  let trouble: WaymarkError | undefined;
  const link = createRestLink({
    clock,
    rest,
    stateOf,
    onTrouble(error) {
      trouble ??= error;
      life.abort();
    },
  });
  const drained = deps.outbox.drain(link, { signal: life.signal });
  const { applicationId } = rest;
  const ids = { deviceId: rest.deviceId, ...(applicationId === undefined ? {} : { applicationId }) };
  const caughtUp = (deps.onUp?.(ids, life.signal) ?? Promise.resolve()).catch((error: unknown) => {
    if (!life.signal.aborted) log.warn('losant.background', { what: 'catch-up', error: toWaymarkError(error).code });
  });
  try {
    while (!life.signal.aborted && !link.isIdle()) await sleep(clock, LOOK_MS, life.signal).catch(() => undefined);
    if (!life.signal.aborted) await caughtUp;
  } finally {
    life.abort();
    await drained;
  }
  signal.throwIfAborted();
  if (trouble) throw trouble;
}
