// Roughly where the gateway is, from the cells around it, while nobody knows better: asks the module's own client when
// celllocate-plan.ts says so, and hands on what comes. No failure here is anybody else's.
import {
  abortReason,
  type Clock,
  deferred,
  isWaymarkError,
  type Logger,
  linkedController,
  type Secret,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import { FIRST_PLAN, isAboutToken, nextPlan, type Plan, type PlanEvent } from './celllocate-plan.js';
import { type HeldPosition, nextOf, sentenceOf } from './celllocate-words.js';
import type { CellLocateRequest, CellPosition, ModuleCellLocate } from './source.js';

/** A loan of the token; whoever lends it knows by `generation` which value it was. */
export interface CellLocateLoan {
  value: Secret;
  generation: number;
}

/** The token as a credential. */
export interface CellLocateToken {
  /** Errors: `secret.*`, `credential.*`, with `retryAfterMs` where another try is planned. */
  get(options: { signal: AbortSignal }): Promise<CellLocateLoan>;
  /** It worked, or was refused: `celllocate.token` with evidence `{step, result, words}`. Not told of weather. */
  report(loan: CellLocateLoan, outcome: 'ok' | WaymarkError): void;
  /** Grows with every new value. */
  generation(): number;
  /** Called when something about it has changed; returns the unsubscribe. */
  onChange(listener: () => void): () => void;
}

export interface CellLocateServiceDeps {
  module: ModuleCellLocate;
  token: CellLocateToken;
  /** True while somebody knows a better position (receiver, held, configured): then nothing is asked. */
  isPositionKnown: () => boolean;
  /** Each position, when it came; it is plausible. */
  onPosition: (position: CellPosition, atMonoMs: number) => void;
  clock: Clock;
  log: Logger;
  /** 0..1. */
  random: () => number;
}

/** As the configuration has them (`modem.cellLocate`). */
export interface CellLocateServiceOptions extends Omit<CellLocateRequest, 'token'> {
  /** 0: once a start. */
  everyHours: number;
}

export type CellLocateServiceState =
  /** For the module's data connection. */
  | 'waiting'
  /** Not asked: somebody knows better. */
  | 'spared'
  | 'asking'
  | 'known'
  | 'token-refused'
  /** There is none, or none that the module could be told. */
  | 'no-token'
  | 'unsupported'
  | 'paused'
  /** It was to be asked once, and was. */
  | 'done';

export interface CellLocateSnapshot {
  state: CellLocateServiceState;
  lastPosition?: CellPosition;
  /** Of the last position. */
  ageMs?: number;
  uncertaintyM?: number;
  /** Questions to the module so far. */
  attempts: number;
  reason?: { code: WaymarkError['code']; message: string; hint: string };
  next?: { what: string; atMonoMs: number };
  /** All of it in one sentence. */
  sentence: string;
}

export interface CellLocateRunOptions {
  signal: AbortSignal;
  /** Resolves at once while the module is registered and connected, else when it is. */
  whenReady: (signal: AbortSignal) => Promise<void>;
  /** Called after each change of the snapshot's state. */
  onState: () => void;
}

export interface CellLocateService {
  /** Resolves when there is nothing more to ask; rejects with the abort reason, or for defects. One run at a time. */
  run(options: CellLocateRunOptions): Promise<void>;
  snapshot(): CellLocateSnapshot;
}

const UNKNOWN_M = 20_000_000;

/** A position nobody could use is a failure like any other. */
function check(position: CellPosition): CellPosition {
  const { latitudeDeg, longitudeDeg, altitudeM, uncertaintyM } = position;
  const isPlace =
    Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180 && !(latitudeDeg === 0 && longitudeDeg === 0);
  if (isPlace && Number.isFinite(altitudeM) && uncertaintyM >= 0 && uncertaintyM < UNKNOWN_M) return position;
  throw new WaymarkError('celllocate.no-position', 'CellLocate gave a position that is none');
}

/** What failed, as the state that people see. */
function stateOf({ state }: Plan): CellLocateServiceState {
  if (state.at !== 'resting') return state.at;
  const { code } = state.error;
  if (code === 'celllocate.unsupported') return 'unsupported';
  if (!isAboutToken(state.error)) return 'paused';
  return code === 'celllocate.token' || code.startsWith('credential.') ? 'token-refused' : 'no-token';
}

export function createCellLocateService(
  deps: CellLocateServiceDeps,
  options: CellLocateServiceOptions,
): CellLocateService {
  const { module, token, clock, log } = deps;
  let plan: Plan = FIRST_PLAN;
  let attempts = 0;
  let last: HeldPosition | undefined;
  /** The token that the last failure was about. */
  let failedGeneration = -1;
  let isRunning = false;

  /** One question; the event that came of it. */
  const ask = async (signal: AbortSignal): Promise<PlanEvent> => {
    let loan: CellLocateLoan | undefined;
    try {
      failedGeneration = token.generation();
      loan = await token.get({ signal });
      failedGeneration = loan.generation;
      attempts++;
      const { primary, secondary, scan, timeoutSeconds, accuracyM } = options;
      const found = await module.locate(
        { token: loan.value, primary, secondary, scan, timeoutSeconds, accuracyM },
        { signal },
      );
      // The server has answered: the token is good, whatever the position is.
      token.report(loan, 'ok');
      const position = check(found);
      last = { position, atMonoMs: clock.mono() };
      deps.onPosition(position, last.atMonoMs);
      return { is: 'position', monoMs: last.atMonoMs };
    } catch (thrown) {
      if (isStopped(signal)) throw abortReason(signal);
      const error = toWaymarkError(thrown);
      if (error.code === 'core.internal') throw thrown;
      if (loan && isWaymarkError(error, 'celllocate.token')) token.report(loan, error);
      return { is: 'failed', error, monoMs: clock.mono(), random: deps.random() };
    }
  };

  /** Until it is due; true when another token came before. */
  const rest = async (untilMonoMs: number, isForToken: boolean, signal: AbortSignal): Promise<PlanEvent> => {
    using wait = linkedController(signal);
    const changed = deferred<PlanEvent>();
    const look = (): void => {
      if (isForToken && token.generation() !== failedGeneration) changed.resolve({ is: 'token-changed' });
    };
    const off = token.onChange(look);
    try {
      look();
      const due = sleep(clock, Math.max(0, untilMonoMs - clock.mono()), wait.signal);
      return await Promise.race([due.then((): PlanEvent => ({ is: 'due' })), changed.promise]);
    } finally {
      off();
      wait.abort();
    }
  };

  const step = async (run: CellLocateRunOptions): Promise<PlanEvent | undefined> => {
    const { signal } = run;
    const { state } = plan;
    switch (state.at) {
      case 'waiting':
        await run.whenReady(signal);
        return { is: 'ready', isNeeded: !deps.isPositionKnown(), monoMs: clock.mono() };
      case 'asking':
        return ask(signal);
      case 'spared':
      case 'known':
        return rest(state.untilMonoMs, false, signal);
      case 'resting':
        return rest(state.untilMonoMs, isAboutToken(state.error), signal);
      case 'done':
        return undefined;
    }
  };

  const tell = (before: Plan): void => {
    const [was, is] = [stateOf(before), stateOf(plan)];
    if (plan.state.at !== 'resting') {
      if (was !== is) log.debug('celllocate.plan', { state: is });
      return;
    }
    const { error } = plan.state;
    const isOld = before.failures > 0;
    log[isOld ? 'debug' : 'info']('celllocate.paused', {
      state: is,
      error,
      nextMs: Math.round(plan.state.untilMonoMs - clock.mono()),
    });
  };

  return {
    async run(run) {
      const { signal } = run;
      if (isStopped(signal)) throw abortReason(signal);
      if (isRunning) throw new WaymarkError('core.internal', 'the cell positions are run twice');
      isRunning = true;
      try {
        // What an earlier run was doing when it ended is over.
        if (plan.state.at === 'asking') plan = { ...plan, state: { at: 'waiting' } };
        run.onState();
        for (let event = await step(run); event; event = await step(run)) {
          const before = plan;
          plan = nextPlan(options.everyHours, before, event);
          tell(before);
          run.onState();
        }
      } finally {
        isRunning = false;
      }
    },
    snapshot() {
      const { state } = plan;
      const next = nextOf(state);
      return {
        state: stateOf(plan),
        attempts,
        ...(last
          ? {
              lastPosition: last.position,
              ageMs: Math.round(clock.mono() - last.atMonoMs),
              uncertaintyM: last.position.uncertaintyM,
            }
          : {}),
        ...(state.at === 'resting'
          ? { reason: { code: state.error.code, message: state.error.message, hint: state.error.hint } }
          : {}),
        ...(next ? { next } : {}),
        sentence: sentenceOf(state, last, clock.mono()),
      };
    },
  };
}

const isStopped = (signal: AbortSignal): boolean => signal.aborted;
