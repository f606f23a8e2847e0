// Two watchers of ourselves: how late the event loop is, and whether the service manager may be told we are well.
import type { Clock, Logger, Timer } from '../core/index.js';

const SAMPLE_MS = 100;
const WINDOW = 600;
const STALL_MS = 5000;

export interface LoopLag extends Disposable {
  /** Milliseconds over the last minute. */
  read(): { p50: number; p99: number; max: number };
}

/** Samples how late a 100 ms timer comes. */
export function watchLoopLag(clock: Clock, log: Logger): LoopLag {
  const samples = new Float32Array(WINDOW);
  let count = 0;
  let due = clock.mono() + clock.ioBudgetMs(SAMPLE_MS);
  let timer: Timer;
  const tick = (): void => {
    const lag = Math.max(0, clock.mono() - due);
    samples[count++ % WINDOW] = lag;
    if (lag >= STALL_MS) log.warn('loop.stalled', { lagMs: Math.round(lag) });
    arm();
  };
  const arm = (): void => {
    due = clock.mono() + clock.ioBudgetMs(SAMPLE_MS);
    timer = clock.deadline(SAMPLE_MS, tick);
  };
  arm();
  return {
    read() {
      const sorted = samples.slice(0, Math.min(count, WINDOW)).sort();
      const at = (q: number): number => Math.round((sorted[Math.floor((sorted.length - 1) * q)] ?? 0) * 10) / 10;
      return { p50: at(0.5), p99: at(0.99), max: at(1) };
    },
    [Symbol.dispose]: () => timer.cancel(),
  };
}

export interface ServiceManager {
  ready(): void;
  status(text: string): void;
  /** To be called while every lane makes progress; throttled to a third of the manager's limit. */
  alive(): void;
  stopping(): void;
  /** Parts are made anew for another configuration; `ready` ends it. */
  reloading(): void;
}

/** One after the other: a late RELOADING would leave the unit reloading for ever. */
let told: Promise<void> = Promise.resolve();

/** Node has no unix datagram sockets, so `systemd-notify` is run as a child; without NOTIFY_SOCKET this does nothing. */
export function createServiceManager(env: NodeJS.ProcessEnv, clock: Clock, log: Logger): ServiceManager {
  if (env['NOTIFY_SOCKET'] === undefined)
    return {
      ready: () => undefined,
      status: () => undefined,
      alive: () => undefined,
      stopping: () => undefined,
      reloading: () => undefined,
    };
  const everyMs = Math.max(1000, Number(env['WATCHDOG_USEC'] ?? 60_000_000) / 1000 / 3);
  let lastAlive = Number.NEGATIVE_INFINITY;
  const notify = (...words: string[]): void => {
    // Loaded only where there is a service manager: a child-process module costs memory too.
    told = told.then(async () => {
      const { spawn } = await import('node:child_process');
      await new Promise<void>((resolve) => {
        const child = spawn('systemd-notify', ['--no-block', `--pid=${process.pid}`, ...words], { stdio: 'ignore' });
        child.on('error', (error) => {
          log.debug('notify.failed', { error });
          resolve();
        });
        child.on('exit', () => resolve());
        child.unref();
      });
    });
  };
  return {
    ready: () => notify('--ready'),
    status: (text) => notify(`--status=${text.slice(0, 200)}`),
    alive() {
      if (clock.mono() - lastAlive < everyMs) return;
      lastAlive = clock.mono();
      notify('WATCHDOG=1');
    },
    stopping: () => notify('--stopping'),
    reloading: () => notify('RELOADING=1', `MONOTONIC_USEC=${Math.round(clock.mono() * 1000)}`),
  };
}
