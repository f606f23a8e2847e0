// All time comes from here. The agent and the simulators of one demo share a scaled clock, so that four weeks of
// key life pass in seconds; tests use a fake one. No other file reads time or sets a timer.

/** A timer handle; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * Source of time for one process.
 * All durations are milliseconds of *this clock's* time, which a scaled clock runs through faster than real time.
 */
export interface Clock {
  /** Monotonic milliseconds; never steps. Only differences mean anything. */
  mono(): number;
  /** Wall-clock milliseconds since 1970-01-01 UTC; may be wrong until trusted (see `ClockTrust`). */
  wall(): number;
  /** Calls `fn` once after `ms`. The process stays alive until it has fired or is cancelled. */
  after(ms: number, fn: () => void): Timer;
  /** Like `after`, for waiting on real devices and peers: a scaled clock keeps a real-time floor under it. */
  deadline(ms: number, fn: () => void): Timer;
  /** The age in clock time that stands for `ms` of device time (see `deadline`). */
  ioBudgetMs(ms: number): number;
}

/** Real time that a scaled clock always leaves a device or peer to answer in. */
const IO_FLOOR_MS = 3000;
/** Node turns longer delays into 1 ms; longer waits are cut into steps. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

function startTimer(realMs: number, fn: () => void): Timer {
  let left = Math.max(0, realMs);
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const step = Math.min(left, MAX_TIMEOUT_MS);
    left -= step;
    handle = setTimeout(() => {
      if (left > 0) arm();
      else fn();
    }, step);
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}

const monoRealMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Where a scaled clock was started; handed to child processes so that both read the same time. */
export interface ClockAnchor {
  wallMs: number;
  monoMs: number;
  scale: number;
}

/** The real clock, or one that runs `scale` times faster from `anchor` on (CLOCK_MONOTONIC is shared by processes). */
export function createClock(anchor?: ClockAnchor): Clock {
  const scale = anchor?.scale ?? 1;
  const scaled = (ms: number): number => ms / scale;
  return {
    mono: () => (anchor ? (monoRealMs() - anchor.monoMs) * scale : monoRealMs()),
    wall: () => (anchor ? anchor.wallMs + (monoRealMs() - anchor.monoMs) * scale : Date.now()),
    after: (ms, fn) => startTimer(scaled(ms), fn),
    deadline: (ms, fn) => startTimer(Math.max(scaled(ms), Math.min(ms, IO_FLOOR_MS)), fn),
    ioBudgetMs: (ms) => Math.max(ms, Math.min(ms, IO_FLOOR_MS) * scale),
  };
}

/** An anchor at this moment. */
export function anchorNow(scale: number, wallMs = Date.now()): ClockAnchor {
  return { wallMs, monoMs: monoRealMs(), scale };
}

const ANCHOR_VARIABLE = 'WAYMARK_CLOCK';

/** Environment entries that give a child process the same clock. */
export function clockEnvironment(anchor: ClockAnchor | undefined): Record<string, string> {
  return anchor ? { [ANCHOR_VARIABLE]: JSON.stringify(anchor) } : {};
}

/** The clock anchor a parent process handed down, if any. Throws nothing: a malformed value is ignored. */
export function inheritedAnchor(env: NodeJS.ProcessEnv): ClockAnchor | undefined {
  const text = env[ANCHOR_VARIABLE];
  if (text === undefined) return undefined;
  try {
    const { wallMs, monoMs, scale } = JSON.parse(text) as ClockAnchor;
    return [wallMs, monoMs, scale].every(Number.isFinite) && scale > 0 ? { wallMs, monoMs, scale } : undefined;
  } catch {
    return undefined;
  }
}

/** A clock that stands still until told to advance; timers fire in order of their due time. */
export interface FakeClock extends Clock {
  /** Moves time on, firing what falls due, and lets promise callbacks run between timers. */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock only, as NITZ or a person would. */
  stepWall(ms: number): void;
  readonly pending: number;
}

export function createFakeClock(wallMs = Date.UTC(2026, 0, 1)): FakeClock {
  let now = 0;
  let wallOffset = wallMs;
  const timers = new Set<{ due: number; fn: () => void }>();
  const settle = async (): Promise<void> => {
    // Real I/O callbacks (setImmediate phase) and promise jobs both get a turn.
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const after = (ms: number, fn: () => void): Timer => {
    const entry = { due: now + Math.max(0, ms), fn };
    timers.add(entry);
    return { cancel: () => void timers.delete(entry) };
  };
  return {
    mono: () => now,
    wall: () => wallOffset + now,
    after,
    deadline: after,
    ioBudgetMs: (ms) => ms,
    stepWall: (ms) => void (wallOffset += ms),
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = [...timers].filter((t) => t.due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.due);
        next.fn();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}
