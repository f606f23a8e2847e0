// Live events to pages and programs (server-sent events). A reader that is slower than the events loses the oldest and is
// told how many; of the status only the newest waits. One that takes nothing for a minute is let go.
//
//   change ──settled, at most one a second──> status ─┐
//   row of the histories ───────────────> history ─────┼──> waiting (200 events, 256 KiB) ──> socket
//   line of the log ────────────────────> log ─────────┘        overflow: the oldest go, then `lost`
import type { ServerResponse } from 'node:http';
import { type Clock, LOG_LEVELS, type LogLevel, type Timer, WaymarkError } from '../core/index.js';
import { COMMON_HEADERS, safeJson } from './answer.js';
import type { HistoryKeeper } from './history.js';
import type { LogTail } from './log-shape.js';
import type { Visit } from './router.js';
import type { StatusSnapshot } from './snapshot.js';

const MAX_READERS = 6;
const MAX_WAITING = 200;
const MAX_WAITING_BYTES = 262_144;
const STATUS_EVERY_MS = 1000;
/** A cause and what follows from it come within a moment, in any order: they are told together. */
const SETTLE_MS = 250;
const COMMENT_EVERY_MS = 15_000;
const STUCK_MS = 60_000;

export interface EventsDeps {
  snapshot: () => StatusSnapshot;
  onChange: ((listener: () => void) => () => void) | undefined;
  history: HistoryKeeper | undefined;
  log: LogTail | undefined;
  clock: Clock;
}

interface Reader {
  put(event: 'status' | 'history' | 'log', data: string): void;
  /** Every quarter of a minute. */
  beat(): void;
  readonly level: LogLevel;
}

interface Waiting {
  event: string;
  text: string;
}

const frame = (event: string, data: string): string => `event: ${event}\ndata: ${data.trimEnd()}\n\n`;

function createReader(response: ServerResponse, level: LogLevel, clock: Clock): Reader {
  const waiting: Waiting[] = [];
  let bytes = 0;
  let lost = 0;
  let fullSinceMs: number | undefined;

  const flush = (): void => {
    while (fullSinceMs === undefined && (lost > 0 || waiting.length > 0)) {
      let text: string;
      if (lost > 0) {
        text = frame('lost', JSON.stringify({ count: lost }));
        lost = 0;
      } else {
        text = waiting.shift()?.text ?? '';
        bytes -= text.length;
      }
      if (!response.write(text)) fullSinceMs = clock.mono();
    }
  };
  response.on('drain', () => {
    fullSinceMs = undefined;
    flush();
  });
  response.on('error', () => undefined);

  const drop = (at: number, isLost: boolean): void => {
    const [gone] = waiting.splice(at, 1);
    bytes -= gone?.text.length ?? 0;
    if (isLost) lost++;
  };
  return {
    level,
    put(event, data) {
      // The newest status takes the place of one that waits: that one is not lost, but out of date.
      const old = event === 'status' ? waiting.findIndex((one) => one.event === 'status') : -1;
      if (old >= 0) drop(old, false);
      const text = frame(event, data);
      waiting.push({ event, text });
      bytes += text.length;
      while (waiting.length > 1 && (waiting.length > MAX_WAITING || bytes > MAX_WAITING_BYTES)) drop(0, true);
      flush();
    },
    beat() {
      if (fullSinceMs === undefined) response.write(': alive\n\n');
      else if (clock.mono() - fullSinceMs > clock.ioBudgetMs(STUCK_MS)) response.destroy();
    },
  };
}

export interface EventsDoor extends Disposable {
  /** Errors: `status.crowded`, `status.request`. */
  open(visit: Visit): void;
}

function levelOf(query: URLSearchParams): LogLevel {
  const asked = query.get('level') ?? 'info';
  const level = LOG_LEVELS.find((one) => one === asked);
  if (!level)
    throw new WaymarkError('status.request', `level is none of ${LOG_LEVELS.join(', ')}`, {
      hint: 'For example level=info.',
    });
  return level;
}

const reaches = (level: LogLevel, least: LogLevel): boolean => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);

/** One for each entrance: readers over TCP take no place from those on the socket. */
export function createEventsDoor({ snapshot, onChange, history, log, clock }: EventsDeps): EventsDoor {
  const readers = new Set<Reader>();
  let stops: (() => void)[] = [];
  let sentAtMs = Number.NEGATIVE_INFINITY;
  let changedAtMs = 0;
  let isPutOff = false;
  let statusTimer: Timer | undefined;
  let beatTimer: Timer | undefined;

  const tellAll = (event: 'status' | 'history', value: unknown): void => {
    const data = safeJson(value);
    for (const reader of readers) reader.put(event, data);
  };
  const tellStatus = (): void => {
    statusTimer = undefined;
    isPutOff = false;
    sentAtMs = clock.mono();
    tellAll('status', snapshot());
  };
  const changed = (): void => {
    changedAtMs = clock.mono();
    statusTimer ??= clock.deadline(Math.max(SETTLE_MS, STATUS_EVERY_MS - (changedAtMs - sentAtMs)), due);
  };
  /** Once, or a gateway in uproar would say nothing at all. */
  function due(): void {
    const isSettled = clock.mono() - changedAtMs >= SETTLE_MS;
    if (isSettled || isPutOff) tellStatus();
    else {
      isPutOff = true;
      statusTimer = clock.deadline(SETTLE_MS, due);
    }
  }
  const beat = (): void => {
    // First: the last of them may go by this very beat.
    beatTimer = clock.deadline(COMMENT_EVERY_MS, beat);
    for (const reader of readers) reader.beat();
  };
  /** While nobody reads, nothing is made. */
  const start = (): void => {
    stops = [
      onChange?.(changed),
      history?.follow((row) => tellAll('history', row)),
      log?.follow((entry) => {
        const wanting = [...readers].filter(({ level }) => reaches(entry.level, level));
        const data = wanting.length > 0 ? safeJson(entry) : '';
        for (const reader of wanting) reader.put('log', data);
      }),
    ].filter((stop) => stop !== undefined);
    beatTimer = clock.deadline(COMMENT_EVERY_MS, beat);
  };
  const stop = (): void => {
    for (const off of stops) off();
    stops = [];
    statusTimer?.cancel();
    statusTimer = undefined;
    isPutOff = false;
    beatTimer?.cancel();
  };

  return {
    open({ request, response, query }) {
      const level = levelOf(query);
      if (readers.size >= MAX_READERS)
        throw new WaymarkError('status.crowded', `${MAX_READERS} others read the events already`);
      response.writeHead(200, { ...COMMON_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      // Silence is no idleness here.
      request.socket.setTimeout(0);
      response.write('retry: 3000\n\n');
      const reader = createReader(response, level, clock);
      if (readers.size === 0) start();
      readers.add(reader);
      response.once('close', () => {
        readers.delete(reader);
        if (readers.size === 0) stop();
      });
      reader.put('status', safeJson(snapshot()));
    },
    [Symbol.dispose]: stop,
  };
}
