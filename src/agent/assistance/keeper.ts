// Keeps a receiver assisted: injects the best of the cache as soon as it needs help, network or not, and keeps the cache
// filled from AssistNow, or from what comes beside the corrections.
//
//   needy ──→ cache ──→ inject (beside everything, never waits for a service)
//   run:  plan ──→ network ──→ clock ──→ credential ──→ fetch ──→ cache ──→ inject ──→ plan …
import type { Clock, ClockTrust, Logger } from '../../core/index.js';
import {
  type AssistanceSink,
  type AssistCache,
  type AssistMemoryStore,
  type AssistService,
  type AssistSet,
  bestUtc,
  type CacheKind,
  cacheEntry,
  type PositionSource,
} from '../../services/index.js';
import type { LaneContext } from '../lane.js';
import { type AssistTarget, createInjector, type InjectionView, type Prepared } from './inject.js';
import { type NeedEvent, NO_RECEIVER, nextNeed } from './need.js';
import {
  type AssistanceState,
  hasFreshLive,
  type Injected,
  type Offer,
  type PlanMoment,
  planAssistance,
} from './plan.js';
import { createPushedSets } from './pushed.js';
import { type AssistanceSnapshot, buildAssistanceSnapshot, type CredentialSetback } from './report.js';
import { createBell, createRounds, type Ring, SETTLE_MS } from './rounds.js';

export interface AssistanceDeps {
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  /** 0 to 1. */
  random: () => number;
  /** Start of this program; ages by the monotonic clock count within it. */
  bootId: string;
  target: AssistTarget;
  /** Now, of the connection in force: a fix counts while it is fresh and its quality is not `none`. */
  receiver: () => { isRunning: boolean; hasFix: boolean };
  position: Pick<PositionSource, 'current'>;
  cache: AssistCache;
  memory: AssistMemoryStore;
  /** Without one only what is pushed is used. */
  service: AssistService | undefined;
  /** What provisioning has run into while the service waits for its credential. */
  setback?: () => CredentialSetback | undefined;
  /** Resolves when there is a way out (or it is time to try regardless). */
  networkUp: (signal: AbortSignal) => Promise<void>;
  onChange?: () => void;
}

export interface Assistance extends AssistanceSink, Disposable {
  /** Keeps the cache filled; ends by error or abort. Returns when there is no service to ask. */
  run(context: LaneContext): Promise<void>;
  /** After a failed round: resolves after `waitMs`, or sooner when a new need or another credential makes a try worth it. */
  untilWorthRetrying(waitMs: number, signal: AbortSignal): Promise<void>;
  /** Another chipcode or token may be in force. */
  credentialChanged(): void;
  snapshot(): AssistanceSnapshot;
}

/** How often the receiver is looked at. */
const LOOK_MS = 5000;
/** Pushed sets may come every few minutes: a flash card is not written for each. */
const PUSHED_WRITE_MS = 3_600_000;

/**
 * UTC while the clock is confirmed by host, network or receiver. A clock that is merely plausible may be hours late
 * after a cold start and counts as none.
 */
export function synchronisedUtc(clock: Clock, trust: ClockTrust): { ms: number; accuracyMs: number } | undefined {
  const { reason, source, offsetMs = 0 } = trust.status();
  if (reason !== 'confirmed') return undefined;
  return { ms: clock.wall() + offsetMs, accuracyMs: source === 'network' ? 5000 : 1000 };
}

export function createAssistance(deps: AssistanceDeps): Assistance {
  const { clock, cache, memory, service, target, bootId } = deps;
  const log = deps.log.child('assistance');
  const jitter = deps.random();
  let need = NO_RECEIVER;
  let injected: Injected | undefined;
  let offer: Offer | undefined = service && { parts: service.wants, kinds: service.kinds };
  let lastInjection: InjectionView | undefined;
  let pushedWrittenMonoMs = Number.NEGATIVE_INFINITY;
  const bell = createBell(clock);
  const ring = (why: Ring): void => {
    bell.ring(why);
    deps.onChange?.();
  };

  const utcNow = () => bestUtc(cache.entries(), synchronisedUtc(clock, deps.trust), { monoMs: clock.mono(), bootId });
  const momentNow = (): PlanMoment => {
    const utc = utcNow();
    const [monoMs, wallMs] = [clock.mono(), clock.wall()];
    return { ...(utc ? { utcMs: utc.ms } : {}), monoMs, bootId, wallMs, settleMs: clock.ioBudgetMs(SETTLE_MS) };
  };
  const stateNow = (): AssistanceState => ({
    need,
    entries: cache.entries(),
    memory: memory.now,
    injected,
    hasPosition: deps.position.current() !== undefined,
    service: offer,
    jitter,
  });
  const planNow = () => planAssistance(stateNow(), momentNow());

  const injector = createInjector({
    target,
    clock,
    log: deps.log,
    async prepare(): Promise<Prepared | undefined> {
      await cache.load();
      const moment = momentNow();
      const { inject } = planAssistance(stateNow(), moment);
      if (!inject || deps.receiver().hasFix) return undefined;
      const [utc, position] = [utcNow(), deps.position.current()];
      return { injection: inject, moment, ...(utc ? { utc } : {}), ...(position ? { position } : {}) };
    },
    done({ injection: { episode, keys }, utc }, view) {
      const before = injected?.episode === episode ? injected.keys : [];
      injected = { episode, keys: new Set([...before, ...keys]), isTimed: utc !== undefined };
      lastInjection = view;
      deps.onChange?.();
    },
    gone: () => see({ is: 'gone', monoMs: clock.mono() }),
  });

  function see(event: NeedEvent): void {
    const before = need;
    need = nextNeed(before, event);
    const isNew = need.is === 'needy' && need.episode !== before.episode;
    if (isNew) injector.anew();
    else if (need.is === 'needy') injector.look();
    else if (need.is === 'content') injector.enough();
    if (need !== before) ring(isNew ? 'need' : 'other');
  }

  const off = target.onNeedy(() => see({ is: 'shown', monoMs: clock.mono() }));
  const look = (): void => see({ is: 'look', ...deps.receiver(), monoMs: clock.mono() });
  let looking = clock.after(LOOK_MS, function again() {
    look();
    looking = clock.after(LOOK_MS, again);
  });

  function keep(kind: CacheKind, set: AssistSet, from: string, isWritten: boolean): Promise<void> {
    const utc = synchronisedUtc(clock, deps.trust);
    const arrived = { monoMs: clock.mono(), bootId, ...(utc ? { utcMs: utc.ms } : {}) };
    const written = cache.put(cacheEntry(kind, set, arrived, from), { isWritten });
    injector.look();
    ring('other');
    return written;
  }

  const pushed = createPushedSets(clock, (set, from) => {
    const isWritten = clock.mono() - pushedWrittenMonoMs >= PUSHED_WRITE_MS;
    if (isWritten) pushedWrittenMonoMs = clock.mono();
    log.info('assist.pushed', { from, frames: set.frames.length, bytes: set.bytes });
    void keep('mga', set, from, isWritten);
  });

  const rounds = createRounds({
    service,
    clock,
    log,
    trust: deps.trust,
    networkUp: deps.networkUp,
    position: deps.position,
    bell,
    load: () => Promise.all([cache.load(), memory.load()]),
    plan: () => {
      // Nothing is paid for on the word of five seconds ago.
      look();
      return planNow();
    },
    isKnown: () => offer?.of !== undefined,
    opened: (by, { parts, of }) => {
      offer = { parts, kinds: by.kinds, of };
    },
    keep: (kind, set) => keep(kind, set, set.from, true),
  });

  return {
    run: (context) => rounds.run(context),
    untilWorthRetrying: (waitMs, signal) => rounds.untilWorthRetrying(waitMs, signal),
    credentialChanged() {
      if (service) offer = { parts: service.wants, kinds: service.kinds };
      ring('credential');
    },
    offer: (frames, from) => pushed.offer(frames, from),
    // A fix counts from the moment it is there: what is fetched beside the corrections is paid for, too.
    isFresh: () => deps.receiver().hasFix || need.is === 'content' || hasFreshLive(cache.entries(), momentNow()),
    snapshot: () =>
      buildAssistanceSnapshot({
        source: service?.source,
        state: stateNow(),
        moment: momentNow(),
        plan: planNow(),
        lastInjection,
        lastFetch: rounds.lastFetch,
        reason: rounds.reason,
        setback: deps.setback?.(),
        retryAtMonoMs: rounds.retryAtMonoMs,
      }),
    [Symbol.dispose]() {
      off();
      looking.cancel();
      pushed[Symbol.dispose]();
      injector[Symbol.dispose]();
    },
  };
}
