// Runs the machine of sample.ts beside the best position, and hands records out.
import { type Clock, type ClockTrust, createRunner, type NewRecord, type Timer } from '../core/index.js';
import type { BestLocation } from './best-location.js';
import { recordOf } from './record.js';
import { firstSampleState, nextSample, type Sample, type SampleInput, type SampleState } from './sample.js';

export interface SamplerDeps {
  clock: Clock;
  trust: Pick<ClockTrust, 'status'>;
  best: Pick<BestLocation, 'current' | 'onNews'>;
  /** Takes each record, in order; must not throw. */
  emit: (record: NewRecord) => void;
}

export interface SamplerOptions {
  intervalMs: number;
  durable: boolean;
  minAccuracyM?: number | undefined;
  /** Whether somebody wants every position now (class B between the reports). Default: nobody. */
  isEveryWanted?: () => boolean;
}

export interface Sampler extends Disposable {
  /** From the last report on. The caller checks the bounds. */
  setIntervalMs(intervalMs: number): void;
  readonly intervalMs: number;
  readonly counters: { readonly classA: number; readonly classB: number };
}

/** An unchanged position is said again after so long: a cloud should not take a standing one for a dead gateway. */
const REPEAT_MS = 300_000;
/** A position that comes a moment after the interval is over is better than the last one before it. */
const GRACE_MS = 1000;

export function createSampler({ clock, trust, best, emit }: SamplerDeps, options: SamplerOptions): Sampler {
  const counters = { classA: 0, classB: 0 };
  const settings = {
    durable: options.durable,
    ...(options.minAccuracyM === undefined ? {} : { minAccuracyM: options.minAccuracyM }),
    repeatMs: REPEAT_MS,
  };
  let timer: Timer | undefined;
  let timerMonoMs: number | undefined;

  const runner = createRunner<SampleState, SampleInput, Sample>({
    initial: firstSampleState(options.intervalMs),
    next: (state, input) => nextSample(state, input, settings),
    perform(sample) {
      if (sample.class === 'A') counters.classA++;
      else counters.classB++;
      emit(recordOf(sample, { clock, trust }));
    },
  });

  const arm = (): void => {
    const { dueMonoMs } = runner.state;
    if (dueMonoMs === timerMonoMs) return;
    timer?.cancel();
    timerMonoMs = dueMonoMs;
    if (dueMonoMs === undefined) return;
    const graceMs = Math.min(clock.ioBudgetMs(GRACE_MS), runner.state.intervalMs / 2);
    timer = clock.after(dueMonoMs + graceMs - clock.mono(), () => {
      timerMonoMs = undefined;
      const located = best.current();
      runner.send({ is: 'due', ...(located ? { located } : {}), nowMonoMs: Math.max(dueMonoMs, clock.mono()) });
      arm();
    });
  };

  const off = best.onNews((news) => {
    runner.send({
      is: 'news',
      news,
      nowMonoMs: clock.mono(),
      isEveryWanted: options.isEveryWanted?.() ?? false,
    });
    arm();
  });

  return {
    counters,
    get intervalMs() {
      return runner.state.intervalMs;
    },
    setIntervalMs(intervalMs) {
      runner.send({ is: 'interval', intervalMs, nowMonoMs: clock.mono() });
      arm();
    },
    [Symbol.dispose]() {
      off();
      timer?.cancel();
    },
  };
}
