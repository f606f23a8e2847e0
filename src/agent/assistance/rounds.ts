// The rounds of fetching: plan, network, clock, credential, then each part in turn. One that fails ends the round with
// its error only after the others had their try.
import {
  abortReason,
  type Clock,
  type ClockTrust,
  type Deferred,
  deferred,
  type Logger,
  linkedController,
  sleep,
  toWaymarkError,
  type WaymarkError,
} from '../../core/index.js';
import type {
  AssistPart,
  AssistService,
  AssistSession,
  CacheKind,
  FetchedSet,
  PositionSource,
} from '../../services/index.js';
import type { LaneContext } from '../lane.js';
import type { AssistancePlan } from './plan.js';
import type { FetchView } from './report.js';

/** A receiver that has shown itself may say within this that it has a fix: nothing is paid for before. */
export const SETTLE_MS = 2000;
/** The wall clock may be set meanwhile. */
const MAX_PAUSE_MS = 600_000;

/** What has happened: a new need, another credential, anything else worth a look. */
export type Ring = 'need' | 'credential' | 'other';

export interface Bell {
  ring(why: Ring): void;
  /** Resolves with the next ring, or with undefined after `ms`. */
  pause(ms: number, signal: AbortSignal): Promise<Ring | undefined>;
}

export function createBell(clock: Clock): Bell {
  const waiting = new Set<Deferred<Ring>>();
  return {
    ring(why) {
      for (const one of [...waiting]) one.resolve(why);
    },
    async pause(ms, signal) {
      const rung = deferred<Ring>();
      using wait = linkedController(signal);
      const slept = sleep(clock, ms, wait.signal).then(() => undefined);
      slept.catch(() => undefined);
      waiting.add(rung);
      try {
        return await Promise.race([rung.promise, slept]);
      } finally {
        waiting.delete(rung);
        wait.abort();
      }
    },
  };
}

export interface RoundDeps {
  service: AssistService | undefined;
  clock: Clock;
  log: Logger;
  trust: Pick<ClockTrust, 'whenTrusted'>;
  networkUp: (signal: AbortSignal) => Promise<void>;
  position: Pick<PositionSource, 'current'>;
  bell: Bell;
  /** Reads cache and memory, once. */
  load: () => Promise<unknown>;
  plan: () => AssistancePlan;
  /** Has the credential been looked at? */
  isKnown: () => boolean;
  opened: (service: AssistService, session: AssistSession) => void;
  keep: (kind: CacheKind, set: FetchedSet) => Promise<void>;
}

export interface Rounds {
  run(context: LaneContext): Promise<void>;
  untilWorthRetrying(waitMs: number, signal: AbortSignal): Promise<void>;
  readonly lastFetch: FetchView | undefined;
  /** Why the last round ended. */
  readonly reason: WaymarkError | undefined;
  /** When the next round begins at the latest, while one that failed is waited out. */
  readonly retryAtMonoMs: number | undefined;
}

export function createRounds(deps: RoundDeps): Rounds {
  const { clock, log, bell } = deps;
  let lastFetch: FetchView | undefined;
  let reason: WaymarkError | undefined;
  let retryAtMonoMs: number | undefined;

  async function fetchPart(session: AssistSession, part: AssistPart, kind: CacheKind, signal: AbortSignal) {
    const at = { atMonoMs: clock.mono(), what: part };
    try {
      const set = await session.fetch(part, { signal, position: deps.position.current() });
      const facts = { frames: set.frames.length, bytes: set.bytes };
      lastFetch = { ...at, result: 'ok', ...facts };
      log.info('assist.fetched', { part, from: set.from, ...facts });
      await deps.keep(kind, set);
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      lastFetch = { ...at, result: toWaymarkError(error).code };
      throw error;
    }
  }

  async function round(by: AssistService, { signal, doing }: LaneContext): Promise<void> {
    doing('waiting for the network');
    await deps.networkUp(signal);
    doing('waiting for the clock');
    await deps.trust.whenTrusted(signal);
    doing('waiting for its credential');
    const session = await by.open(signal);
    deps.opened(by, session);
    let failure: WaymarkError | undefined;
    for (const part of deps.plan().fetch) {
      doing(`fetching ${part} orbits`);
      try {
        await fetchPart(session, part, by.kinds[part], signal);
      } catch (error) {
        if (signal.aborted) throw error;
        failure ??= toWaymarkError(error);
      }
    }
    if (failure) throw failure;
    reason = undefined;
  }

  async function serve(by: AssistService, context: LaneContext): Promise<never> {
    await deps.load();
    for (;;) {
      const plan = deps.plan();
      // What is remembered may be about a credential that has been replaced: it is looked at once.
      if (plan.fetch.length > 0 || !deps.isKnown()) {
        await round(by, context);
        continue;
      }
      context.ok();
      await bell.pause(Math.min(plan.nextInMs, MAX_PAUSE_MS), context.signal);
    }
  }

  return {
    get lastFetch() {
      return lastFetch;
    },
    get reason() {
      return reason;
    },
    async run(context) {
      const { service } = deps;
      if (!service || service.wants.length === 0) return;
      retryAtMonoMs = undefined;
      try {
        await serve(service, context);
      } catch (error) {
        if (!context.signal.aborted) reason = toWaymarkError(error);
        throw error;
      }
    },
    get retryAtMonoMs() {
      return retryAtMonoMs;
    },
    async untilWorthRetrying(waitMs, signal) {
      const endMonoMs = clock.mono() + waitMs;
      retryAtMonoMs = endMonoMs;
      for (let left = waitMs; left > 0; left = endMonoMs - clock.mono()) {
        const why = await bell.pause(left, signal);
        if (why === 'credential') return;
        if (why !== 'need') continue;
        const next = await bell.pause(clock.ioBudgetMs(SETTLE_MS), signal);
        if (next === 'credential' || deps.plan().fetch.length > 0) return;
      }
    },
  };
}
