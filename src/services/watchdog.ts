// Runs the flow machine. On the hot path there is one reading of the clock and no timer: the timer that runs finds out
// when it fires how old the last correction is, and goes on for the rest.
import { type Clock, createRunner, type Timer } from '../core/index.js';
import {
  type FlowEffect,
  type FlowEvent,
  type FlowState,
  nextFlow,
  type SilenceLimits,
  silenceLimitMs,
} from './flow.js';

export interface Watchdog extends Disposable {
  readonly state: FlowState;
  /** Of the last correction; the start before the first. */
  readonly lastMonoMs: number;
  /** A correction has arrived. */
  data(): void;
}

/** Starts at once. */
export function createWatchdog(
  clock: Clock,
  limits: SilenceLimits,
  on: { effect: (effect: FlowEffect) => void; change: () => void },
): Watchdog {
  let lastMonoMs = clock.mono();
  let timer: Timer | undefined;

  const runner = createRunner<FlowState, FlowEvent, FlowEffect>({
    initial: 'waiting',
    next: nextFlow,
    perform: on.effect,
    onTransition: on.change,
  });

  const arm = (): void => {
    timer?.cancel();
    timer = undefined;
    if (runner.state === 'lost') return;
    // A correction is device data: under a scaled clock its age is allowed what `ioBudgetMs` says.
    const limitMs = clock.ioBudgetMs(silenceLimitMs(runner.state, limits));
    timer = clock.after(Math.max(1, lastMonoMs + limitMs - clock.mono()), look);
  };
  const look = (): void => {
    const limitMs = clock.ioBudgetMs(silenceLimitMs(runner.state, limits));
    if (clock.mono() - lastMonoMs >= limitMs) runner.send('expired');
    arm();
  };
  arm();

  return {
    get state() {
      return runner.state;
    },
    get lastMonoMs() {
      return lastMonoMs;
    },
    data() {
      lastMonoMs = clock.mono();
      if (runner.state === 'flowing') return;
      runner.send('data');
      arm();
    },
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
