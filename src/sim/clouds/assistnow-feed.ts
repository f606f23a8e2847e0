// Assistance data and L-band frequencies on the broker: the full set at once for whoever subscribes, renewed with simulated
// time, and the updates topic (specs/ublox.md 2.2). Nothing runs while nobody listens.
import type { Clock, Timer } from '../../core/index.js';
import { createMgaGenerator, type MgaSystem } from '../mga.js';
import { FREQUENCIES_TOPIC, MGA_TOPIC, MGA_UPDATES_TOPIC } from './topics.js';

/** A fresh full set that often: what a subscriber gets may be as old as that, and its time frame says so. */
export const MGA_REFRESH_MS = 10 * 60_000;
export const MGA_UPDATE_MS = 60_000;
/** A fast clock must not turn the topics into a flood: at most one message a real second. */
const MIN_PERIOD_REAL_MS = 1000;
const SYSTEMS: readonly MgaSystem[] = ['gps', 'glo', 'gal', 'bds'];

const FREQUENCIES = { frequencies: { us: { current: { value: '1556.29' } }, eu: { current: { value: '1545.26' } } } };

/** What hands something to a subscriber at once, and follows who listens. */
export interface TopicFeed {
  /** What a new subscriber gets, as a retained message; undefined = nothing. */
  atOnce(topic: string): Uint8Array | undefined;
  /** Called with all topics anybody listens to, whenever they change. */
  wanted(topics: ReadonlySet<string>): void;
  stop(): void;
}

export interface FeedDeps {
  clock: Clock;
  seed: string;
  publish: (topic: string, payload: Uint8Array) => void;
}

/** Runs `fn` at every multiple of `periodMs` of the wall clock until stopped. */
function atMultiples(clock: Clock, periodMs: number, fn: () => void): () => void {
  const floorMs = clock.ioBudgetMs(MIN_PERIOD_REAL_MS);
  let timer: Timer | undefined;
  const arm = (): void => {
    const untilMs = periodMs - (clock.wall() % periodMs);
    timer = clock.after(Math.max(untilMs, floorMs), () => {
      arm();
      fn();
    });
  };
  arm();
  return () => timer?.cancel();
}

export function createMgaFeed({ clock, seed, publish }: FeedDeps): TopicFeed {
  const mga = createMgaGenerator({ seed });
  const running = new Map<string, () => void>();
  let updates = 0;

  const fullSet = (): Uint8Array => {
    const utcMs = Math.floor(clock.wall() / MGA_REFRESH_MS) * MGA_REFRESH_MS;
    return Buffer.concat([mga.iniTimeUtc(utcMs), ...mga.live(utcMs, SYSTEMS), ...mga.almanac(['gps']), ...mga.aux()]);
  };
  const update = (): Uint8Array => {
    const utcMs = clock.wall();
    const system = SYSTEMS[updates % SYSTEMS.length] ?? 'gps';
    updates++;
    return Buffer.concat([mga.iniTimeUtc(utcMs), ...mga.live(utcMs, [system])]);
  };
  const cycles: Readonly<Record<string, () => () => void>> = {
    [MGA_TOPIC]: () => atMultiples(clock, MGA_REFRESH_MS, () => publish(MGA_TOPIC, fullSet())),
    [MGA_UPDATES_TOPIC]: () => atMultiples(clock, MGA_UPDATE_MS, () => publish(MGA_UPDATES_TOPIC, update())),
  };
  const end = (topic: string): void => {
    running.get(topic)?.();
    running.delete(topic);
  };

  return {
    atOnce(topic) {
      if (topic === MGA_TOPIC) return fullSet();
      return topic === FREQUENCIES_TOPIC ? Buffer.from(JSON.stringify(FREQUENCIES)) : undefined;
    },
    wanted(topics) {
      for (const [topic, start] of Object.entries(cycles)) {
        if (!topics.has(topic)) end(topic);
        else if (!running.has(topic)) running.set(topic, start());
      }
    },
    stop() {
      for (const topic of Object.keys(cycles)) end(topic);
    },
  };
}
