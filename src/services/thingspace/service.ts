// Where the network says the gateway is, while nobody knows better: a second-best position, kilometres wide. Runs for
// ever with its own pauses; no failure here is anybody else's.
import {
  abortable,
  abortReason,
  deferred,
  linkedController,
  type Secret,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import type { CredentialSource } from '../../vault/index.js';
import { createLocationBudget } from './budget.js';
import type { CarrierPosition } from './location.js';
import { isForPerson, waitAfterMs } from './pace.js';
import { createRoad, type RoadDeps, type ThingspaceOptions } from './road.js';
import { type HeldCarrierPosition, sentenceOf, stateOfError, type ThingspaceState } from './words.js';

export interface ThingspaceDeps extends RoadDeps {
  /** True while nobody knows a better position. */
  isNeeded: () => boolean;
  /** Each position, when it came; it is plausible. */
  onPosition: (position: CarrierPosition, atMonoMs: number) => void;
  /** The snapshot has changed. */
  onChange?: () => void;
  /** 0 to 1. */
  random: () => number;
}

export interface ThingspaceSnapshot {
  mode: ThingspaceOptions['mode'];
  state: ThingspaceState;
  sentence: string;
  lastPosition?: CarrierPosition;
  /** Since it came; the fix itself was `ageSeconds` older. */
  ageMs?: number;
  radiusM?: number;
  /** Current requests of this month. Absent in proxy mode, where the operator counts. */
  budget?: { used: number; left: number };
  /** Direct mode: failed logins in a row, of two. */
  strikes?: number;
  reason?: { code: WaymarkError['code']; message: string; hint: string };
  next?: { what: string; atMonoMs: number };
}

export interface ThingspaceRunOptions {
  signal: AbortSignal;
  /** It works: an answer came, or none is needed. */
  ok: () => void;
  doing: (state: string) => void;
}

export interface ThingspaceService extends AsyncDisposable {
  /** One question; callers at the same time share it. Errors: `thingspace.*`, `secret.*`, `credential.*`, the road's. */
  locate(options: { signal?: AbortSignal }): Promise<CarrierPosition>;
  /** Asks whenever it is due; rejects with the abort reason, or for defects. One run at a time. */
  run(options: ThingspaceRunOptions): Promise<void>;
  snapshot(): ThingspaceSnapshot;
  /** The tokens made here, for status. */
  credentials(): readonly CredentialSource<Secret>[];
  /** Tries a credential. Errors: `token.not-testable`, and what the try gave. */
  test(id: string, options: { signal: AbortSignal }): Promise<void>;
  /** Tries values that are to replace credentials', by id; `id` is one of them. Errors: as `test`. */
  prove(id: string, candidates: Readonly<Record<string, Secret>>, options: { signal: AbortSignal }): Promise<void>;
}

/** How often is looked whether a position has come to be needed. */
const LOOK_MS = 30_000;
const LEAST_INTERVAL_S = 900;

/** Errors: `thingspace.config` where the mode lacks something. */
export function createThingspace(deps: ThingspaceDeps, options: ThingspaceOptions): ThingspaceService {
  const { clock } = deps;
  const log = deps.log.child('thingspace');
  const intervalMs = Math.max(options.location.intervalSeconds, LEAST_INTERVAL_S) * 1000;
  const budget = createLocationBudget(deps, options.location.monthlyCurrentBudget);
  const road = createRoad(deps, options, budget);
  const life = linkedController();
  let state: ThingspaceState = 'idle';
  let held: HeldCarrierPosition | undefined;
  let failure: WaymarkError | undefined;
  let failures = 0;
  let nextMonoMs: number | undefined;
  let isRunning = false;
  let locating: Promise<CarrierPosition> | undefined;

  const generations = (): readonly number[] => road.given.map((source) => source.status().generation);
  let known = generations();
  const replaced = new Set<() => void>();
  const offs = road.given.map((source) =>
    source.onChange(() => {
      const before = known;
      known = generations();
      if (known.every((generation, i) => generation === before[i])) return;
      // What was made of the old values says nothing about the new ones; a first load replaces nothing.
      if (known.some((generation, i) => generation !== before[i] && before[i] !== 0)) road.forget();
      for (const tell of [...replaced]) tell();
    }),
  );

  const enter = (next: ThingspaceState, untilMonoMs?: number): void => {
    state = next;
    nextMonoMs = untilMonoMs;
    deps.onChange?.();
  };

  const ask = async (): Promise<CarrierPosition> => {
    const position = await road.locate(life.signal);
    held = { position, atMonoMs: clock.mono() };
    deps.onPosition(position, held.atMonoMs);
    return position;
  };

  const locate = (signal?: AbortSignal): Promise<CarrierPosition> => {
    locating ??= ask().finally(() => (locating = undefined));
    return abortable(locating, signal);
  };

  /** Until it is due, or a value has been replaced where that is what it waits for. */
  const rest = async (ms: number, isForValue: boolean, signal: AbortSignal): Promise<void> => {
    using wait = linkedController(signal);
    const changed = deferred<undefined>();
    const tell = (): void => changed.resolve(undefined);
    if (isForValue) replaced.add(tell);
    try {
      await Promise.race([sleep(clock, ms, wait.signal), changed.promise]);
    } finally {
      replaced.delete(tell);
      wait.abort();
    }
  };

  const tellFailure = (error: WaymarkError, waitMs: number): void => {
    const isNews = failures === 1 || error.code !== failure?.code;
    log[isNews ? 'info' : 'debug']('thingspace.paused', { error, nextMs: Math.round(waitMs) });
  };

  /** One question and the pause after it. */
  const round = async ({ signal, ok, doing }: ThingspaceRunOptions): Promise<void> => {
    enter('asking');
    doing('asking');
    try {
      await locate(signal);
      failures = 0;
      failure = undefined;
      ok();
      enter('known', clock.mono() + intervalMs);
      doing('known');
      await rest(intervalMs, false, signal);
    } catch (thrown) {
      for (const end of [signal, life.signal]) if (end.aborted) throw abortReason(end);
      const error = toWaymarkError(thrown);
      if (error.code === 'core.internal') throw thrown;
      failures++;
      const waitMs = waitAfterMs(error, failures, intervalMs, deps.random());
      tellFailure(error, waitMs);
      failure = error;
      enter(stateOfError(error), clock.mono() + waitMs);
      doing(state);
      await rest(waitMs, isForPerson(error), signal);
    }
  };

  return {
    locate: ({ signal }) => locate(signal),

    async run(run) {
      const { signal } = run;
      if (isRunning) throw new WaymarkError('core.internal', 'the network positions are run twice');
      isRunning = true;
      try {
        for (;;) {
          if (signal.aborted) throw abortReason(signal);
          if (options.location.always || deps.isNeeded()) {
            await round(run);
            continue;
          }
          if (state !== 'spared') {
            enter('spared');
            run.doing('spared');
            run.ok();
          }
          await sleep(clock, LOOK_MS, signal);
        }
      } finally {
        isRunning = false;
        enter('idle');
      }
    },

    snapshot() {
      const now = clock.mono();
      const strikes = road.logins?.status().strikes;
      const isFailed = state === 'refused' || state === 'latched' || state === 'paused';
      return {
        mode: options.mode,
        state,
        sentence: sentenceOf(state, { held, error: failure, nextMonoMs }, now),
        ...(held
          ? {
              lastPosition: held.position,
              ageMs: Math.round(now - held.atMonoMs),
              radiusM: held.position.radiusM,
            }
          : {}),
        ...(options.mode === 'proxy' ? {} : { budget: budget.status() }),
        ...(strikes === undefined ? {} : { strikes }),
        ...(isFailed && failure
          ? { reason: { code: failure.code, message: failure.message, hint: failure.hint } }
          : {}),
        ...(nextMonoMs === undefined ? {} : { next: { what: 'ask the network', atMonoMs: nextMonoMs } }),
      };
    },

    credentials: () => road.derived,
    test: (id, { signal }) => road.test(id, signal),
    prove: (id, candidates, { signal }) => road.prove(id, candidates, signal),

    async [Symbol.asyncDispose]() {
      for (const off of offs) off();
      life.abort(new WaymarkError('core.cancelled', 'the network positions are closed'));
      await road.close();
    },
  };
}
