// Do the corrections arrive, and are they any use? Derived from the receiver's own RXM-COR reports of the last 30 s
// (specs/ublox.md section 6). Memory: thirty counters.
import type { Clock } from '../core/index.js';
import type { CorrectionReport } from './rxm-cor.js';

export type CorrectionVerdict = 'none' | 'ok' | 'key-mismatch' | 'link-corruption' | 'not-configured';

const WINDOW_MS = 30_000;
const BUCKETS = 30;
/** Bytes written this long ago without a report: the receiver does not listen for them. */
const REPORT_DUE_MS = 5000;
const MAX_ERROR_SHARE = 0.1;

interface Bucket {
  /** Which slice of time it counts. */
  slice: number;
  seen: number;
  used: number;
  undecrypted: number;
  errors: number;
  written: number;
}

export interface CorrectionHealth {
  /** The receiver reported one correction. */
  report(report: CorrectionReport): void;
  /** Correction frames were written to the port. */
  written(frames: number): void;
  verdict(): CorrectionVerdict;
  /** A new connection: what was before says nothing. */
  reset(): void;
}

export function createCorrectionHealth({ clock }: { clock: Clock }): CorrectionHealth {
  const sliceMs = clock.ioBudgetMs(WINDOW_MS) / BUCKETS;
  let buckets: Bucket[] = [];

  const now = (): number => Math.floor(clock.mono() / sliceMs);
  const current = (): Bucket => {
    const slice = now();
    const last = buckets.at(-1);
    if (last?.slice === slice) return last;
    const fresh: Bucket = { slice, seen: 0, used: 0, undecrypted: 0, errors: 0, written: 0 };
    buckets = [...buckets.filter((b) => b.slice > slice - BUCKETS), fresh];
    return fresh;
  };

  return {
    reset: () => {
      buckets = [];
    },
    report(report) {
      const bucket = current();
      bucket.seen++;
      if (report.isUsed) bucket.used++;
      if (report.hasError) bucket.errors++;
      else if (report.isEncrypted && !report.isDecrypted) bucket.undecrypted++;
    },
    written(frames) {
      current().written += frames;
    },
    verdict() {
      const slice = now();
      let seen = 0;
      let used = 0;
      let undecrypted = 0;
      let errors = 0;
      let isReportDue = false;
      for (const b of buckets) {
        if (b.slice <= slice - BUCKETS) continue;
        seen += b.seen;
        used += b.used;
        undecrypted += b.undecrypted;
        errors += b.errors;
        if (b.written > 0 && (slice - b.slice) * sliceMs >= clock.ioBudgetMs(REPORT_DUE_MS)) isReportDue = true;
      }
      if (seen === 0) return isReportDue ? 'not-configured' : 'none';
      if (errors > seen * MAX_ERROR_SHARE) return 'link-corruption';
      if (undecrypted > 0 && undecrypted === seen - errors) return 'key-mismatch';
      return used > 0 ? 'ok' : 'none';
    },
  };
}
