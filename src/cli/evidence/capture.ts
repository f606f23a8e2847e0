// A guided capture: the running agent's log at its most talkative and the AT dialogue, while a person makes happen what
// goes wrong. The level goes down again on every way out.
//
//   raise ──→ record ──time, Ctrl-C, SIGTERM, SIGHUP, a failure──→ lower (tried until it is taken, or nobody is there)
//               ↑ │
//               └─┘ the agent was started anew: it speaks at its configured level again, so it is raised again
//
// Raised for a time only: the agent knows the level before and returns to it by itself, so that kill -9 of this program
// costs half a minute of trace, and a level that a reload has set meanwhile stays. Told twice to end, it still lowers first.
import { type Clock, linkedController, sleep, toWaymarkError } from '../../core/index.js';
import { followTrace, type TraceLine } from '../../status/index.js';
import { type Door, followEvents, isNobodyThere, setLogLevel } from './door.js';

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
/** So long an agent that is busy is asked again when the level is to go down. */
const LOWER_MS = 10_000;
/** The level outlives the recording by this, where nobody lowers it: time to reach a busy agent. */
const SPARE_SECONDS = 30;
const MAX_LEASE_SECONDS = 86_400;

const later = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(clock, ms, signal).catch(() => undefined);

/** The log's level up until some time after `endMs`. */
function raise(door: Door, endMs: number): Promise<unknown> {
  const seconds = Math.ceil(Math.max(0, endMs - door.clock.mono()) / 1000) + SPARE_SECONDS;
  return setLogLevel(door, 'trace', Math.min(seconds, MAX_LEASE_SECONDS));
}

/** Back to the level before; true when the agent has taken it or is gone, and starts at its configured level then. */
async function lower(door: Door, notes: string[]): Promise<boolean> {
  const end = door.clock.mono() + LOWER_MS;
  for (;;) {
    try {
      await setLogLevel(door, 'trace', 0);
      return true;
    } catch (error) {
      if (isNobodyThere(error)) return true;
      if (door.clock.mono() < end) {
        await later(door.clock, RETRY_MS);
        continue;
      }
      const { message } = toWaymarkError(error);
      notes.push(
        `The log's level could not be lowered: ${message}. The agent does it by itself within the minute; ` +
          'sooner: waymark bundle --lower.',
      );
      return false;
    }
  }
}

/** Records until the time is over or `signal`. Errors: `status.unavailable` when nobody is there to begin with. */
export async function capture({ runtimeDir, clock, forMs, signal, onRecording }: CaptureOptions): Promise<Captured> {
  const door: Door = { runtimeDir, clock };
  const captured: Captured = { log: [], trace: [], notes: [], isLowered: false };
  const endMs = clock.mono() + forMs;
  await raise(door, endMs);
  try {
    using stop = linkedController(signal);
    const limit = clock.deadline(forMs, () => stop.abort());
    onRecording?.();
    try {
      await Promise.all([recordLog(door, endMs, captured, stop.signal), recordTrace(door, captured, stop.signal)]);
    } finally {
      limit.cancel();
    }
  } finally {
    captured.isLowered = await lower(door, captured.notes);
  }
  return captured;
}

const keep = <T>(list: T[], item: T): void => {
  list.push(item);
  if (list.length > MAX_LINES) list.shift();
};

const isOver = (signal: AbortSignal): boolean => signal.aborted;

async function recordLog(door: Door, endMs: number, { log, notes }: Captured, signal: AbortSignal): Promise<void> {
  const onEvent = (event: string, data: string): void => {
    if (event === 'log') keep(log, data);
    else if (event === 'lost') keep(notes, `Lines of the log were lost: ${data}`);
  };
  while (!isOver(signal)) {
    await followEvents(door, onEvent, signal).catch(() => undefined);
    if (isOver(signal)) return;
    await later(door.clock, RETRY_MS, signal);
    const isBack = await raise(door, endMs).then(
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
