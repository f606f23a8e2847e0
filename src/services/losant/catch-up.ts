// Commands sent while the session was down: the broker does not keep them, REST does (specs/losant.md section 3). After each
// reconnect those since the last one answered are fetched, oldest first, in pages, and handed on like live ones; a command
// that comes by both roads has one id and is run once.
//
//   first run ever ──→ "from now on" is noted, nothing fetched          (no history is replayed)
//   later          ──→ page ─→ each to the sink ─→ mark written ─→ next page ... at most ten
//
// The mark is the time up to which everything is answered. It never passes a command that has not been: within a run it
// stays a millisecond behind, for several commands can carry the same one, and live commands move it only while nothing
// is missing. A live one moves it in memory at once and on the disk once in half a minute: what is fetched again after a
// restart is known by its id. It needs a clock to be believed, ours for the first mark and for holding off a mark in the future.
import {
  abortReason,
  type Clock,
  type ClockTrust,
  type CommandSink,
  type Logger,
  WaymarkError,
} from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';
import { commandTimeMs, parseCommandItem } from './commands.js';

export const CATCH_UP_LIMIT = 100;
export const CATCH_UP_PAGES = 10;

/** Live commands write the mark no more often. */
const LIVE_WRITE_MS = 30_000;

/** The slot `losant-commands`. */
export interface CommandsSeen {
  /** Every command sent until then has been answered; ms since 1970 UTC. */
  lastSeenMs: number;
}

export const commandsSeenCodec: Codec<CommandsSeen> = {
  encode: ({ lastSeenMs }) => ({ lastSeenMs }),
  decode(data) {
    const lastSeenMs = (data as Partial<CommandsSeen> | null)?.lastSeenMs;
    if (typeof lastSeenMs !== 'number' || !Number.isSafeInteger(lastSeenMs)) throw new Error('lastSeenMs is no time');
    return { lastSeenMs };
  },
};

export interface CatchUpDeps {
  clock: Clock;
  trust: Pick<ClockTrust, 'status'>;
  log: Logger;
  slot: Pick<Slot<CommandsSeen>, 'read' | 'write'>;
  /** `GET .../command?limit&start&sortDirection=asc`: its items. Rejects with what went wrong. */
  fetchCommands(options: { startMs: number; limit: number; signal: AbortSignal }): Promise<unknown[]>;
  sink: CommandSink;
}

export type CatchUpOutcome =
  | { is: 'first-run' }
  /** Nothing was asked: our clock is not believed. */
  | { is: 'clock-untrusted' }
  /** `isComplete` false: more are waiting than one run fetches; run it again. */
  | { is: 'done'; answered: number; malformed: number; isComplete: boolean };

export interface CatchUp {
  /** Errors: those of `fetchCommands`, `vault.*`, `losant.malformed`, the abort reason. Calls must not overlap. */
  run(options: { signal: AbortSignal }): Promise<CatchUpOutcome>;
  /** A live command was answered. Never rejects: at worst it is fetched again, and known by its id. */
  answeredLive(command: { sentUtcMs?: number }): Promise<void>;
  /** The session has ended: from now on something may be missing until a run is complete. */
  sessionLost(): void;
}

export function createCatchUp(deps: CatchUpDeps): CatchUp {
  const { clock, log, slot } = deps;
  let lastSeenMs: number | undefined;
  /** Is the mark in memory ahead of the one on the disk? */
  let isUnwritten = false;
  let writtenMonoMs = Number.NEGATIVE_INFINITY;
  let isBehind = true;
  /** Live commands answered while something older may be missing. */
  let liveMs = 0;

  const isTrusted = (): boolean => deps.trust.status().state === 'trusted';
  const load = async (): Promise<number | undefined> => (lastSeenMs ??= (await slot.read())?.value.lastSeenMs);

  /** Forwards only, and never beyond now: a mark in the future would hide what comes before it. */
  const advance = async (toMs: number, { isLive = false } = {}): Promise<void> => {
    const before = (await load()) ?? Number.NEGATIVE_INFINITY;
    const at = Math.max(before, Math.min(toMs, Math.floor(clock.wall())));
    if (at === before && !isUnwritten) return;
    if (isLive && clock.mono() - writtenMonoMs < LIVE_WRITE_MS) {
      isUnwritten = true;
    } else {
      if (isLive) writtenMonoMs = clock.mono();
      await slot.write({ lastSeenMs: at });
      isUnwritten = false;
    }
    lastSeenMs = at;
  };

  /** One page to the sink; the mark follows in any case. */
  const answerPage = async (
    items: readonly TimedItem[],
    done: Set<string>,
    counts: { answered: number; malformed: number },
    signal: AbortSignal,
  ): Promise<void> => {
    let throughMs: number | undefined;
    try {
      for (const { item, utcMs } of items) {
        if (signal.aborted) throw abortReason(signal);
        const reading = parseCommandItem(item);
        if (reading.is === 'malformed') {
          counts.malformed++;
          log.warn('losant.command-malformed', { reason: reading.reason });
        } else if (!done.has(reading.command.id)) {
          await deps.sink(reading.command);
          done.add(reading.command.id);
          counts.answered++;
        }
        throughMs = utcMs;
      }
    } finally {
      if (throughMs !== undefined) await advance(throughMs - 1);
    }
  };

  return {
    async run({ signal }) {
      if (!isTrusted()) return { is: 'clock-untrusted' };
      const mark = await load();
      if (mark === undefined) {
        await advance(clock.wall());
        isBehind = false;
        return { is: 'first-run' };
      }
      isBehind = true;
      const counts = { answered: 0, malformed: 0 };
      const done = new Set<string>();
      const nowMs = Math.floor(clock.wall());
      if (mark > nowMs) {
        // From when the clock was wrong: it must not keep commands away for years.
        lastSeenMs = nowMs;
        await slot.write({ lastSeenMs });
      }
      let startMs = Math.min(mark, nowMs) + 1;
      for (let page = 0; page < CATCH_UP_PAGES; page++) {
        const answer = await deps.fetchCommands({ startMs, limit: CATCH_UP_LIMIT, signal });
        const items = inTime(answer, startMs);
        await answerPage(items, done, counts, signal);
        const last = items.at(-1);
        if (answer.length < CATCH_UP_LIMIT) {
          await advance(Math.max(last?.utcMs ?? 0, liveMs));
          isBehind = false;
          liveMs = 0;
          return { is: 'done', ...counts, isComplete: true };
        }
        if (!last) throw new WaymarkError('losant.malformed', 'a page of commands without a time that was asked for');
        // From the last one's own millisecond on, for others may share it; past it when the page holds nothing else.
        startMs = last.utcMs > startMs ? last.utcMs : startMs + 1;
      }
      return { is: 'done', ...counts, isComplete: false };
    },
    async answeredLive({ sentUtcMs }) {
      if (sentUtcMs === undefined || !isTrusted()) return;
      if (isBehind) {
        liveMs = Math.max(liveMs, sentUtcMs);
        return;
      }
      try {
        await advance(sentUtcMs, { isLive: true });
      } catch (error) {
        log.debug('losant.mark-not-written', { error });
      }
    },
    sessionLost() {
      isBehind = true;
      liveMs = 0;
    },
  };
}

interface TimedItem {
  item: unknown;
  utcMs: number;
}

/** Oldest first, whatever the answer's order; what is older than asked for, or says no time, is not looked at. */
function inTime(items: readonly unknown[], startMs: number): TimedItem[] {
  return items
    .map((item) => ({ item, utcMs: commandTimeMs(item) }))
    .filter((each): each is TimedItem => each.utcMs !== undefined && each.utcMs >= startMs)
    .sort((a, b) => a.utcMs - b.utcMs);
}
