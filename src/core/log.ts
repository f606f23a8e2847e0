// Structured logging: pino makes the lines, one sink scrubs, bounds and writes them. Rooms see only `Logger`.
import pino from 'pino';
import { escapeControls, scrubber } from './scrub.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** `event` is a stable name for programs (`modem.registered`), the sentence is for people. */
export interface Logger {
  trace(event: string, fields?: LogFields, sentence?: string): void;
  debug(event: string, fields?: LogFields, sentence?: string): void;
  info(event: string, fields?: LogFields, sentence?: string): void;
  warn(event: string, fields?: LogFields, sentence?: string): void;
  error(event: string, fields?: LogFields, sentence?: string): void;
  child(component: string): Logger;
  /** False when lines of that level go nowhere, so that costly traces need not be made. */
  enabled(level: LogLevel): boolean;
}

/** Text sink that never blocks or throws: over `maxQueuedBytes` unwritten, lines are dropped and counted. */
export interface Output {
  write(text: string): void;
  readonly dropped: number;
}

/** `painted`: the text has colours of ours and is harmless otherwise, so controls are left in; secrets never are. */
export function createOutput(
  stream: NodeJS.WritableStream & { writableLength?: number },
  { maxQueuedBytes = 262_144, painted = false }: { maxQueuedBytes?: number; painted?: boolean } = {},
): Output {
  let dropped = 0;
  let broken = false;
  // EPIPE on a closed pipe must neither crash nor spin.
  stream.on('error', () => {
    broken = true;
  });
  return {
    get dropped() {
      return dropped;
    },
    write(text) {
      if (broken || (stream.writableLength ?? 0) > maxQueuedBytes) {
        dropped++;
        return;
      }
      const scrubbed = scrubber.scrub(text);
      stream.write(painted ? scrubbed : escapeControls(scrubbed, 'json'));
    },
  };
}

const MAX_FIELD = 2000;
const MAX_DEPTH = 4;
const MAX_ITEMS = 50;

/** Scrubbed before it is cut: half a token would no longer be recognised. */
function boundedText(text: string): string {
  return text.length > MAX_FIELD ? `${scrubber.scrub(text).slice(0, MAX_FIELD)}…` : text;
}

/** Errors as an allow list of properties: libraries hang requests, options and buffers on theirs. */
function plainError(error: Error, depth: number): unknown {
  const { code, hint, retry } = error as { code?: unknown; hint?: unknown; retry?: unknown };
  return {
    message: boundedText(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof retry === 'string' ? { retry } : {}),
    ...(error.cause !== undefined && depth < MAX_DEPTH ? { cause: plain(error.cause, depth + 1) } : {}),
    ...(error.stack && (code === 'core.internal' || code === undefined) ? { stack: boundedText(error.stack) } : {}),
  };
}

/** Any value as something small that holds no bytes and no library object's insides. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  const isList = Array.isArray(value);
  if (!isList && 'toJSON' in value) return value;
  if (depth >= MAX_DEPTH) return '[…]';
  if (isList) return value.slice(0, MAX_ITEMS).map((item) => plain(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([key, item]) => [key, plain(item, depth + 1)]),
  );
}

export interface LogOptions {
  level: LogLevel;
  output: Output;
  /** Wall clock in ms; the line's time. */
  now: () => number;
  /** Also told every line as an object (histories, tests). */
  tap?: (line: Readonly<Record<string, unknown>>) => void;
}

export function createLogger(options: LogOptions): Logger {
  return createTeeLogger(options).log;
}

export interface TeeOptions extends Omit<LogOptions, 'output'> {
  /** Without it only the tail is told. */
  output?: Output | undefined;
  /** Told each line, scrubbed, from `info` on even where the output says less. */
  tail?: ((line: string) => void) | undefined;
}

export interface TeeLogger {
  log: Logger;
  /** From now on, for output and tail and every child there is; gives the level there was. */
  setLevel(level: LogLevel): LogLevel;
}

const rank = (level: LogLevel): number => LOG_LEVELS.indexOf(level);

/** A logger whose lines also go to a tail, and whose level can be changed while it runs. */
export function createTeeLogger(options: TeeOptions): TeeLogger {
  const { output, tail, tap } = options;
  let level = options.level;
  const isTailed = (of: LogLevel): boolean => tail !== undefined && rank(of) >= Math.min(rank(level), rank('info'));
  const isWritten = (of: LogLevel): boolean => rank(of) >= rank(level);
  /** Of the line being made: the library hands over only its text. */
  let current: LogLevel = 'error';
  const root = pino(
    {
      // The gates are ours: children of the library keep the level they were made with.
      level: 'trace',
      base: null,
      timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        if (isWritten(current)) output?.write(line);
        if (!tail && !tap) return;
        const scrubbed = scrubber.scrub(line);
        if (isTailed(current)) tail?.(scrubbed);
        if (isWritten(current)) tap?.(parsed(scrubbed));
      },
    },
  );
  const gate: Gate = {
    isOpen: (of) => isWritten(of) || isTailed(of),
    enter: (of) => {
      current = of;
    },
  };
  return {
    log: wrap(root, root, '', gate),
    setLevel(next) {
      const before = level;
      level = next;
      return before;
    },
  };
}

interface Gate {
  isOpen(level: LogLevel): boolean;
  enter(level: LogLevel): void;
}

/** A line must never be lost, nor its writer harmed, because a scrubbed shape took a piece of the JSON with it. */
function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { event: 'log.unparsable', text: line };
  }
}

/** Children are made from the root: the library would print an inherited key a second time. */
function wrap(root: pino.Logger, target: pino.Logger, path: string, gate: Gate): Logger {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}, sentence?: string): void => {
      if (!gate.isOpen(level)) return;
      const shown = { event, ...(plain(fields) as object) };
      gate.enter(level);
      target[level](shown, sentence && boundedText(sentence));
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child(name) {
      const component = path === '' ? name : `${path}.${name}`;
      return wrap(root, root.child({ component }), component, gate);
    },
    enabled: gate.isOpen,
  };
}

/** A logger that says nothing (tests, one-shot verbs). */
export const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
  enabled: () => false,
};
