// May the wall clock be believed? A gateway without a battery clock wakes in 1970; a certificate check against that
// blames the certificate. While untrusted no TLS is tried at all, and the back-off is not consumed.
import type { Clock } from './clock.js';
import { onAbort } from './signal.js';

export type TimeSource = 'kernel' | 'network' | 'gnss';

export interface ClockTrustStatus {
  state: 'trusted' | 'untrusted';
  reason: 'plausible' | 'confirmed' | 'before-floor' | 'too-far-ahead' | 'contradicted';
  /** What confirmed or contradicted it last. */
  source?: TimeSource;
  /** Source time minus wall time, ms, at the last comparison. */
  offsetMs?: number;
}

export interface ClockTrust {
  status(): ClockTrustStatus;
  /** A source's idea of UTC at this moment. Sources that are themselves below the floor are disregarded (week roll-over). */
  offer(source: TimeSource, utcMs: number): void;
  /** Resolves once trusted; re-checked every second, so a clock step is seen within one. */
  whenTrusted(signal: AbortSignal): Promise<void>;
}

const FIFTEEN_YEARS_MS = 15 * 365.25 * 86_400_000;
/** Certificates tolerate less than a day badly; NITZ is right to seconds. */
const CONTRADICTION_MS = 12 * 3_600_000;

/**
 * @param floorMs the later of build time and the last good time kept by the vault, ms since 1970 UTC.
 * With `requireConfirmation` a merely plausible clock is not enough: a source must have agreed with it.
 */
export function createClockTrust(
  clock: Clock,
  floorMs: number,
  { requireConfirmation = false }: { requireConfirmation?: boolean } = {},
): ClockTrust {
  let compared: { source: TimeSource; offsetMs: number; wallAtOffer: number; monoAtOffer: number } | undefined;

  const status = (): ClockTrustStatus => {
    const wall = clock.wall();
    if (compared) {
      // The wall clock may have been stepped since the source spoke: count the step against the old offset.
      const step = wall - compared.wallAtOffer - (clock.mono() - compared.monoAtOffer);
      const offsetMs = Math.round(compared.offsetMs - step);
      if (Math.abs(offsetMs) <= CONTRADICTION_MS)
        return { state: 'trusted', reason: 'confirmed', source: compared.source, offsetMs };
      return { state: 'untrusted', reason: 'contradicted', source: compared.source, offsetMs };
    }
    if (wall < floorMs) return { state: 'untrusted', reason: 'before-floor' };
    if (wall > floorMs + FIFTEEN_YEARS_MS) return { state: 'untrusted', reason: 'too-far-ahead' };
    return { state: requireConfirmation ? 'untrusted' : 'trusted', reason: 'plausible' };
  };

  return {
    status,
    offer(source, utcMs) {
      if (!(utcMs >= floorMs && utcMs <= floorMs + FIFTEEN_YEARS_MS)) return;
      const wallAtOffer = clock.wall();
      compared = { source, offsetMs: utcMs - wallAtOffer, wallAtOffer, monoAtOffer: clock.mono() };
    },
    whenTrusted(signal) {
      return new Promise((resolve, reject) => {
        let stop: () => void = () => undefined;
        const check = (): void => {
          if (status().state === 'trusted') {
            stop();
            resolve();
            return;
          }
          const timer = clock.after(1000, () => {
            stop();
            check();
          });
          const off = onAbort(signal, () => {
            timer.cancel();
            reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
          });
          stop = () => {
            timer.cancel();
            off();
          };
        };
        check();
      });
    },
  };
}
