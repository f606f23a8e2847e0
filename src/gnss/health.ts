// Do the corrections arrive, and are they any use? Derived from the receiver's own RXM-COR reports of the last 30 s
// (specs/ublox.md section 6); from its positions where it sends no such reports. Memory: thirty counters.
import type { Clock } from '../core/index.js';
import type { CorrectionReport } from './rxm-cor.js';

export type CorrectionVerdict =
  | 'none'
  | 'ok'
  /** Every frame arrives whole and none can be decrypted. */
  | 'key-mismatch'
  /** More than a tenth (and more than one) is damaged on the way from here to the receiver. */
  | 'link-corruption'
  /** Written, and the receiver neither reports nor uses any. */
  | 'not-configured'
  /** SPARTN is fed to a receiver that has refused SPARTN input. */
  | 'unsupported-format'
  /** Written, and nothing that this receiver sends can tell whether they are used. */
  | 'unconfirmed';

/** What the knowledge of use comes from. */
export type UseWitness = 'rxm-cor' | 'nav-pvt' | 'gga' | 'none';

/** Sums over the last 30 s (of device time). */
export interface CorrectionWindow {
  seconds: number;
  /** Correction frames written to the port. */
  written: number;
  /** RXM-COR reports, by what they say. */
  reported: number;
  used: number;
  notDecrypted: number;
  errors: number;
  /** Positions that came, and those that had corrections in them. */
  positions: number;
  correctedPositions: number;
}

export interface CorrectionState {
  verdict: CorrectionVerdict;
  by: UseWitness;
  window: CorrectionWindow;
  /** Used part of what was reported (or written, if that is more), 0 to 1; absent without reports. */
  usedShare?: number;
}

/** What is known of the receiver beside its reports. */
export interface HealthFacts {
  /** It can send RXM-COR: not so on a port that speaks NMEA only, or once it has refused to. */
  canReport: boolean;
  /** SPARTN is being fed, and it has refused SPARTN input. */
  isFormatRefused: boolean;
}

const WINDOW_S = 30;
const BUCKETS = 30;
/** Written this many slices ago without a report: the receiver does not listen for them. */
const REPORT_DUE_SLICES = 5;
const MAX_ERROR_SHARE = 0.1;
/** Fewer reports, or a single damaged one, say nothing about the line: any has its noise. */
const MIN_REPORTS = 5;
const MIN_ERRORS = 2;
/** Fed for so long without any use: perhaps bursts get lost on the way. */
const IN_VAIN_SLICES = 20;
/** Reports on this part of what was written prove that the line loses nothing worth pacing. */
const PROVEN_SHARE = 0.9;
/** So many frames, and for so long no report on any of them, where there were reports before. */
const MUTE_FRAMES = 5;
const MUTE_SLICES = 10;

interface Bucket extends Omit<CorrectionWindow, 'seconds'> {
  /** Which slice of time it counts. */
  slice: number;
}

export interface CorrectionHealth {
  /** The receiver reported one correction. */
  report(report: CorrectionReport): void;
  /** Correction frames were written to the port. */
  written(frames: number): void;
  /** A position came; one without a fix says nothing and is not told. */
  position(isCorrected: boolean, by: 'nav-pvt' | 'gga'): void;
  verdict(): CorrectionVerdict;
  look(): CorrectionState;
  /** Written for 20 s, no sign of use, and no reports that would prove the line. */
  isInVain(): boolean;
  /** There were reports on this connection, and for 10 s there is none on what is written. */
  isMute(): boolean;
  /** A new connection: what was before says nothing. */
  reset(): void;
}

/** The verdict on a window; pure. */
export function judgeCorrections(
  w: CorrectionWindow,
  facts: HealthFacts & { isReportDue: boolean; positionsBy: 'nav-pvt' | 'gga' },
): { verdict: CorrectionVerdict; by: UseWitness } {
  const { positionsBy } = facts;
  const isCorrected = w.correctedPositions > 0;
  if (facts.isFormatRefused && w.written > 0 && w.used === 0 && !isCorrected)
    return { verdict: 'unsupported-format', by: w.reported > 0 ? 'rxm-cor' : w.positions > 0 ? positionsBy : 'none' };
  if (w.reported > 0) {
    const isJudgeable = w.reported >= MIN_REPORTS && w.errors >= MIN_ERRORS;
    if (isJudgeable && w.errors > w.reported * MAX_ERROR_SHARE) return { verdict: 'link-corruption', by: 'rxm-cor' };
    if (w.notDecrypted > 0 && w.notDecrypted === w.reported - w.errors)
      return { verdict: 'key-mismatch', by: 'rxm-cor' };
    if (w.used > 0) return { verdict: 'ok', by: 'rxm-cor' };
    // Some receivers report RTCM messages without saying whether they use them.
    return isCorrected ? { verdict: 'ok', by: positionsBy } : { verdict: 'none', by: 'rxm-cor' };
  }
  const by = w.positions > 0 ? positionsBy : 'none';
  if (isCorrected) return { verdict: w.written > 0 ? 'ok' : 'none', by };
  if (!facts.isReportDue) return { verdict: 'none', by };
  return { verdict: facts.canReport || by !== 'none' ? 'not-configured' : 'unconfirmed', by };
}

export function createCorrectionHealth(deps: { clock: Clock; facts?: () => HealthFacts }): CorrectionHealth {
  const { clock } = deps;
  const facts = deps.facts ?? (() => ({ canReport: true, isFormatRefused: false }));
  const sliceMs = clock.ioBudgetMs(WINDOW_S * 1000) / BUCKETS;
  let buckets: Bucket[] = [];
  let positionsBy: 'nav-pvt' | 'gga' = 'nav-pvt';
  let hadReports = false;

  const now = (): number => Math.floor(clock.mono() / sliceMs);
  const current = (): Bucket => {
    const slice = now();
    const last = buckets.at(-1);
    if (last?.slice === slice) return last;
    const fresh = {
      slice,
      ...{ written: 0, reported: 0, used: 0, notDecrypted: 0, errors: 0, positions: 0, correctedPositions: 0 },
    };
    buckets = [...buckets.filter((b) => b.slice > slice - BUCKETS), fresh];
    return fresh;
  };
  /** Those of the window. */
  const recent = (): Bucket[] => buckets.filter((b) => b.slice > now() - BUCKETS);
  const ageOf = (b: Bucket): number => now() - b.slice;

  function sum(): CorrectionWindow {
    const total: CorrectionWindow = {
      seconds: WINDOW_S,
      ...{ written: 0, reported: 0, used: 0, notDecrypted: 0, errors: 0, positions: 0, correctedPositions: 0 },
    };
    for (const b of recent()) {
      total.written += b.written;
      total.reported += b.reported;
      total.used += b.used;
      total.notDecrypted += b.notDecrypted;
      total.errors += b.errors;
      total.positions += b.positions;
      total.correctedPositions += b.correctedPositions;
    }
    return total;
  }

  function look(): CorrectionState {
    const window = sum();
    const isReportDue = recent().some((b) => b.written > 0 && ageOf(b) >= REPORT_DUE_SLICES);
    return {
      ...judgeCorrections(window, { ...facts(), isReportDue, positionsBy }),
      window,
      ...(window.reported > 0 && { usedShare: window.used / Math.max(window.reported, window.written) }),
    };
  }

  return {
    look,
    verdict: () => look().verdict,
    reset() {
      buckets = [];
      hadReports = false;
    },
    report(report) {
      const bucket = current();
      hadReports = true;
      bucket.reported++;
      if (report.isUsed) bucket.used++;
      if (report.hasError) bucket.errors++;
      else if (report.isEncrypted && !report.isDecrypted) bucket.notDecrypted++;
    },
    written(frames) {
      current().written += frames;
    },
    position(isCorrected, by) {
      const bucket = current();
      positionsBy = by;
      bucket.positions++;
      if (isCorrected) bucket.correctedPositions++;
    },
    isInVain() {
      const fed = recent().filter((b) => b.written > 0);
      const [first] = fed;
      const last = fed.at(-1);
      if (!first || !last || ageOf(first) < IN_VAIN_SLICES || ageOf(last) > MUTE_SLICES) return false;
      const w = sum();
      const isLineProven = w.reported >= w.written * PROVEN_SHARE && w.errors <= w.reported * MAX_ERROR_SHARE;
      return w.used === 0 && w.correctedPositions === 0 && !isLineProven && !facts().isFormatRefused;
    },
    isMute() {
      if (!hadReports || !facts().canReport) return false;
      const latest = recent().filter((b) => ageOf(b) < MUTE_SLICES);
      const written = latest.reduce((frames, b) => frames + b.written, 0);
      const isSteady = latest.some((b) => b.written > 0 && ageOf(b) >= REPORT_DUE_SLICES);
      return written >= MUTE_FRAMES && isSteady && latest.every((b) => b.reported === 0);
    },
  };
}
