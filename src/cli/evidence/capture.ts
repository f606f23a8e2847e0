// A guided capture: the running agent's log at its most talkative and the AT dialogue, while a person makes happen what
// goes wrong. The level goes down again on every way out.
//
//   raise ──→ record ──time, Ctrl-C, SIGTERM, SIGHUP, a failure──→ lower (tried until it is taken, or nobody is there)
//               ↑ │
//               └─┘ the agent was started anew: it speaks at its configured level again, so it is raised again
//
// Told twice to end, it still lowers first: that takes seconds, and a gateway that writes a trace for weeks costs its
// flash. What no program can catch is kill -9 of this one: then `waymark bundle --lower` or a restart of the agent does it.
import { type Clock, type LogLevel, linkedController, sleep, toWaymarkError } from '../../core/index.js';
import { followTrace, type TraceLine } from '../../status/index.js';
import { type Door, followEvents, setLogLevel } from './door.js';

export interface Captured {
  /** JSON, one line each. */
  log: string[];
  trace: TraceLine[];
  /** What happened meanwhile that a reader should know. */
  notes: string[];
  /** False: the level is still raised, and the notes say what to do. */
  isLowered: boolean;
}

export interface CaptureOptions extends Door {
  forMs: number;
  /** Ends the recording early. */
  signal: AbortSignal;
  /** Told once the recording runs. */
  onRecording?: () => void;
}

const MAX_LINES = 20_000;
const RETRY_MS = 500;
/** So long an agent that restarts is waited for when the level is to go down. */
const LOWER_MS = 10_000;
/** Levels a recording is not left at, if the agent cannot say what there was before. */
const USUAL: LogLevel = 'info';

const later = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(clock, ms, signal).catch(() => undefined);

/** Back to `level`; true when the agent has taken it or is gone, and starts at its configured level then. */
async function lower(door: Door, level: LogLevel, notes: string[]): Promise<boolean> {
  const end = door.clock.mono() + LOWER_MS;
  for (;;) {
    try {
      await setLogLevel(door, level);
      return true;
    } catch (error) {
      if (door.clock.mono() < end) {
        await later(door.clock, RETRY_MS);
        continue;
      }
      const { message } = toWaymarkError(error);
      notes.push(
        `The log's level could not be lowered to ${level}: ${message}. An agent that starts anew uses the configured level; ` +
          'if it still runs: waymark bundle --lower.',
      );
      return false;
    }
  }
}

/** Records until the time is over or `signal`. Errors: `status.unavailable` when nobody is there to begin with. */
export async function capture({ runtimeDir, clock, forMs, signal, onRecording }: CaptureOptions): Promise<Captured> {
  const door: Door = { runtimeDir, clock };
  const captured: Captured = { log: [], trace: [], notes: [], isLowered: false };
  const before = (await setLogLevel(door, 'trace')) ?? USUAL;
  // Left behind by a capture that was killed: nobody wants to stay there.
  const back: LogLevel = before === 'trace' ? USUAL : before;
  try {
    using stop = linkedController(signal);
    const limit = clock.deadline(forMs, () => stop.abort());
    onRecording?.();
    try {
      await Promise.all([recordLog(door, captured, stop.signal), recordTrace(door, captured, stop.signal)]);
    } finally {
      limit.cancel();
    }
  } finally {
    captured.isLowered = await lower(door, back, captured.notes);
  }
  return captured;
}

const keep = <T>(list: T[], item: T): void => {
  list.push(item);
  if (list.length > MAX_LINES) list.shift();
};

const isOver = (signal: AbortSignal): boolean => signal.aborted;

async function recordLog(door: Door, { log, notes }: Captured, signal: AbortSignal): Promise<void> {
  const onEvent = (event: string, data: string): void => {
    if (event === 'log') keep(log, data);
    else if (event === 'lost') keep(notes, `Lines of the log were lost: ${data}`);
  };
  while (!isOver(signal)) {
    await followEvents(door, onEvent, signal).catch(() => undefined);
    if (isOver(signal)) return;
    await later(door.clock, RETRY_MS, signal);
    const isBack = await setLogLevel(door, 'trace').then(
      () => true,
      () => false,
    );
    if (isBack) keep(notes, 'The agent ended its events during the capture; they were taken up again.');
  }
}

async function recordTrace(door: Door, { trace, notes }: Captured, signal: AbortSignal): Promise<void> {
  const options = {
    onLine: (line: TraceLine) => keep(trace, line),
    onDropped: (count: number) => keep(notes, `${count} lines of the AT dialogue are missing.`),
    signal,
  };
  while (!isOver(signal)) {
    // A gateway without a module has no dialogue; asking again costs nothing.
    await followTrace(door.runtimeDir, door.clock, options).catch(() => undefined);
    await later(door.clock, RETRY_MS, signal);
  }
}
