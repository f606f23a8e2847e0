// The clock lane: compares the wall clock with what the network and the receiver say, and keeps a floor on disk that
// a wrong clock cannot poison (it moves only while the clock is confirmed by a source).
import { existsSync } from 'node:fs';
import { type BackoffPolicy, type Clock, type ClockTrust, PORT_BACKOFF, sleep } from '../../core/index.js';
import type { Lane } from '../lane.js';

export interface ClockLaneDeps {
  clock: Clock;
  trust: ClockTrust;
  /** UTC by the cellular network at a monotonic moment, once known. */
  networkTime: () => { utcMs: number; atMonoMs: number } | undefined;
  saveFloor: (utcMs: number) => Promise<void>;
}

const SYNCHRONISED = '/run/systemd/timesync/synchronized';
const COMPARE_MS = 10_000;
/** Until a source has spoken: orbits that wait for the time keep a receiver's first fix waiting. */
const FIRST_COMPARE_MS = 1000;
const SAVE_MS = 3_600_000;
/** Ten looks missed: the disk that keeps the floor does not answer. */
const BEAT_MS = 120_000;

export function createClockLane({ clock, trust, networkTime, saveFloor }: ClockLaneDeps): Lane {
  return {
    name: 'clock',
    beatMs: BEAT_MS,
    async run({ signal, ok, doing }) {
      let savedAt = Number.NEGATIVE_INFINITY;
      for (;;) {
        // Present once the host's own time service has set the clock: then the wall clock is its own witness.
        if (existsSync(SYNCHRONISED)) trust.offer('kernel', clock.wall());
        const network = networkTime();
        if (network) trust.offer('network', network.utcMs + (clock.mono() - network.atMonoMs));
        const status = trust.status();
        if (status.reason === 'confirmed' && clock.mono() - savedAt >= SAVE_MS) {
          savedAt = clock.mono();
          await saveFloor(clock.wall());
        }
        if (status.state === 'trusted') ok();
        else doing('running');
        await sleep(clock, status.source === undefined ? FIRST_COMPARE_MS : COMPARE_MS, signal);
      }
    },
    policy: (): BackoffPolicy => PORT_BACKOFF,
  };
}
