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

export function createOutput(
  stream: NodeJS.WritableStream & { writableLength?: number },
  maxQueuedBytes = 262_144,
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
      stream.write(escapeControls(scrubber.scrub(text)));
    },
  };
}

const MAX_FIELD = 2000;

/** Errors as an allow list of properties: libraries hang requests, options and buffers on theirs. */
function plainError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { code, hint, retry } = error as { code?: unknown; hint?: unknown; retry?: unknown };
  return {
    message: error.message.slice(0, MAX_FIELD),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof retry === 'string' ? { retry } : {}),
    ...(error.cause !== undefined && depth < 3 ? { cause: plainError(error.cause, depth + 1) } : {}),
    ...(code === 'core.internal' || code === undefined ? { stack: error.stack?.slice(0, MAX_FIELD) } : {}),
  };
}

function bounded(fields: LogFields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value instanceof Error) out[key] = plainError(value);
    else if (value instanceof Uint8Array) out[key] = `[${value.length} bytes]`;
    else if (typeof value === 'string' && value.length > MAX_FIELD) out[key] = `${value.slice(0, MAX_FIELD)}…`;
    else out[key] = value;
  }
  return out;
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
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        options.output.write(line);
        if (options.tap) options.tap(JSON.parse(scrubber.scrub(line)) as Record<string, unknown>);
      },
    },
  );
  return wrap(root);
}

function wrap(target: pino.Logger): Logger {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}, sentence?: string): void => {
      if (target.isLevelEnabled(level)) target[level]({ event, ...bounded(fields) }, sentence);
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (component) => wrap(target.child({ component })),
    enabled: (level) => target.isLevelEnabled(level),
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
