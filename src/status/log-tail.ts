// The last lines of the log, kept for page, API and bundle: as the lines they were written as (already scrubbed), at most
// 500 of them and 256 KiB; made into objects only when somebody reads.
import { LOG_LEVELS, type LogLevel } from '../core/index.js';
import type { LogEntry, LogTail } from './log-shape.js';

const MAX_LINES = 500;
const MAX_BYTES = 262_144;
/** A longer line loses its fields: one storm of large ones must not cost all others their place. */
const MAX_LINE = 8192;

export interface LogKeeper extends LogTail {
  /** One line of the log: JSON, scrubbed. Never throws. */
  add(line: string): void;
}

interface Kept {
  id: number;
  level: LogLevel;
  line: string;
}

const LEVEL = /^\{"level":"(\w{1,8})"/;
const isLevel = (text: string | undefined): text is LogLevel => LOG_LEVELS.some((level) => level === text);

/** A scrubbed shape can take a piece of the JSON with it: then the line is its own message. */
function membersOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  return { event: 'log.unparsable', msg: line.trimEnd() };
}

function entryOf({ id, level, line }: Kept): LogEntry {
  const { level: _level, time, component, event, msg, ...fields } = membersOf(line);
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return {
    ...{ id, atMs: Number.isNaN(at) ? 0 : at, level },
    ...(typeof component === 'string' ? { component } : {}),
    event: typeof event === 'string' ? event : 'log.unnamed',
    ...(typeof msg === 'string' ? { message: msg } : {}),
    fields,
  };
}

function shortened(line: string): string {
  const { level, time, component, event, msg } = membersOf(line);
  const message = typeof msg === 'string' ? msg.slice(0, 1000) : undefined;
  return JSON.stringify({ level, time, component, event, isShortened: true, msg: message });
}

export function createLogTail(): LogKeeper {
  const kept: Kept[] = [];
  const followers = new Set<(entry: LogEntry) => void>();
  let nextId = 1;
  let bytes = 0;

  return {
    add(line) {
      const level = LEVEL.exec(line)?.[1];
      const text = line.length > MAX_LINE ? shortened(line) : line;
      const entry = { id: nextId++, level: isLevel(level) ? level : 'info', line: text };
      kept.push(entry);
      bytes += text.length;
      while (kept.length > MAX_LINES || bytes > MAX_BYTES) bytes -= kept.shift()?.line.length ?? 0;
      if (followers.size === 0) return;
      const shown = entryOf(entry);
      for (const follower of followers) follower(shown);
    },
    recent({ level, limit }) {
      const least = LOG_LEVELS.indexOf(level);
      const wanted = kept.filter((line) => LOG_LEVELS.indexOf(line.level) >= least);
      return limit <= 0 ? [] : wanted.slice(-limit).map(entryOf);
    },
    follow(onLine) {
      followers.add(onLine);
      return () => void followers.delete(onLine);
    },
  };
}
