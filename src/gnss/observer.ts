// Makes sense of what the receiver says: position, time, satellites, who it is, and what it made of the corrections. Told
// each frame and sentence once; outlives connections.
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Fix, Logger } from '../core/index.js';
import { fixFromGga, isCorrectedGga, parseNavPvt } from './fix.js';
import type { CorrectionHealth } from './health.js';
import { parseMonVer, parseSecUniqid, type ReceiverVersion } from './mon-ver.js';
import { parseNavSat, parseNavStatus, parseNavTimels, type Satellite } from './nav-reports.js';
import { parseGga, type Sentence } from './nmea.js';
import { type ReceiverLife, signOfRestart } from './restart-signs.js';
import { parseRxmCor } from './rxm-cor.js';
import { createSubject, type Subject } from './subject.js';
import { UBX, ubxId } from './ubx.js';

/** GGA counts only while NAV-PVT, which knows more, does not come; NAV-STATUS, which knows no place, only without both. */
const PREFERRED_MS = 5000;
/** NAV-SAT comes every few seconds. */
const SATELLITES_MS = 30_000;

export interface Observer {
  ubx(frame: Uint8Array): void;
  sentence(sentence: Sentence): void;
  /** A new connection: what is known of the old one's life says nothing. */
  reset(): void;
  readonly fixes: Subject<Fix>;
  readonly times: Subject<number>;
  /** Every UBX frame. */
  readonly frames: Subject<Uint8Array>;
  /** What shows that the receiver has started anew. */
  readonly restarts: Subject<string>;
  readonly fix: Fix;
  readonly version: ReceiverVersion | undefined;
  readonly uniqueId: string | undefined;
  /** As the receiver says, once it does. */
  readonly leapSeconds: number | undefined;
  /** UTC now by the receiver's last word; undefined on a connection without one. */
  utcMs(): number | undefined;
  /** Empty when there is no fresh list. */
  satellites(): readonly Satellite[];
  /** NAV-STATUS comes, so that a restart cannot pass unseen. */
  hasUptime(): boolean;
  /** Monotonic times, ms. */
  readonly last: { frame?: number; used?: number; corrected?: number; pvt?: number };
  readonly said: { used: number; notDecrypted: number; crcErrors: number };
}

export function createObserver(
  { clock, log, health }: { clock: Clock; log: Logger; health: CorrectionHealth },
  protocol: 'ubx' | 'nmea',
): Observer {
  const fixes = createSubject<Fix>();
  const times = createSubject<number>();
  const frames = createSubject<Uint8Array>();
  const restarts = createSubject<string>();
  const said = { used: 0, notDecrypted: 0, crcErrors: 0 };
  const last: Observer['last'] & { gga?: number; status?: number } = {};
  let fix: Fix = { quality: 'none', atMonoMs: clock.mono(), source: protocol === 'nmea' ? 'gga' : 'nav-pvt' };
  let version: ReceiverVersion | undefined;
  let uniqueId: string | undefined;
  let leapSeconds: number | undefined;
  let life: ReceiverLife | undefined;
  let utcAheadMs: number | undefined;
  let seen: { satellites: readonly Satellite[]; atMonoMs: number } | undefined;

  const isWithin = (since: number | undefined, ms: number): boolean =>
    since !== undefined && clock.mono() - since < clock.ioBudgetMs(ms);

  function setFix(next: Fix): void {
    fix = next;
    fixes.emit(next);
  }

  function live(part: Partial<ReceiverLife>): void {
    const before = life ?? { hasTime: false, hasFix: false };
    life = { ...before, ...part };
    const sign = signOfRestart(before, life);
    if (sign) restarts.emit(sign);
  }

  function judge(isCorrected: boolean, by: 'nav-pvt' | 'gga'): void {
    health.position(isCorrected, by);
    if (isCorrected) last.corrected = clock.mono();
  }

  function onPvt(frame: Uint8Array): void {
    const report = parseNavPvt(frame, clock.mono());
    if (!report) return;
    const { utcMs, fix: next, isCorrected } = report;
    last.pvt = clock.mono();
    if (next.quality !== 'none') judge(isCorrected, 'nav-pvt');
    if (utcMs !== undefined) {
      utcAheadMs = utcMs - clock.mono();
      times.emit(utcMs);
    }
    setFix(next);
    live({ hasTime: utcMs !== undefined, hasFix: next.quality !== 'none' });
  }

  function onStatus(frame: Uint8Array): void {
    const status = parseNavStatus(frame);
    if (!status) return;
    last.status = clock.mono();
    live({ uptimeMs: status.uptimeMs });
    if (!isWithin(last.pvt, PREFERRED_MS) && !isWithin(last.gga, PREFERRED_MS))
      setFix({ quality: status.quality, atMonoMs: clock.mono(), source: 'nav-pvt' });
  }

  function onReport(frame: Uint8Array): void {
    const report = parseRxmCor(frame);
    if (!report) return;
    health.report(report);
    if (report.hasError) said.crcErrors++;
    else if (report.isEncrypted && !report.isDecrypted) said.notDecrypted++;
    if (report.isUsed) {
      said.used++;
      last.used = clock.mono();
    }
  }

  return {
    ...{ fixes, times, frames, restarts, last, said },
    ubx(frame) {
      last.frame = clock.mono();
      switch (ubxId(frame)) {
        case UBX.navPvt:
          onPvt(frame);
          break;
        case UBX.rxmCor:
          onReport(frame);
          break;
        case UBX.navStatus:
          onStatus(frame);
          break;
        case UBX.navSat: {
          const satellites = parseNavSat(frame);
          if (satellites) seen = { satellites, atMonoMs: clock.mono() };
          break;
        }
        case UBX.navTimels:
          leapSeconds = parseNavTimels(frame) ?? leapSeconds;
          break;
        case UBX.secUniqid:
          uniqueId = parseSecUniqid(frame) ?? uniqueId;
          break;
        case UBX.monVer: {
          const told = parseMonVer(frame);
          if (!told) break;
          // Whatever sends it again and again must not fill the log.
          const isNew = !isDeepStrictEqual(told, version);
          version = told;
          if (isNew) log.info('gnss.model', { ...told });
          break;
        }
        default:
      }
      frames.emit(frame);
    },
    sentence(sentence) {
      last.frame = clock.mono();
      const gga = parseGga(sentence);
      if (!gga) return;
      last.gga = clock.mono();
      if (isWithin(last.pvt, PREFERRED_MS)) return;
      const next = fixFromGga(gga, clock.mono());
      if (next.quality !== 'none') judge(isCorrectedGga(gga), 'gga');
      setFix(next);
    },
    reset() {
      delete last.pvt;
      delete last.gga;
      delete last.status;
      life = utcAheadMs = seen = undefined;
    },
    get fix() {
      return fix;
    },
    get version() {
      return version;
    },
    get uniqueId() {
      return uniqueId;
    },
    get leapSeconds() {
      return leapSeconds;
    },
    utcMs: () => (utcAheadMs === undefined ? undefined : clock.mono() + utcAheadMs),
    satellites: () => (seen && isWithin(seen.atMonoMs, SATELLITES_MS) ? seen.satellites : []),
    hasUptime: () => isWithin(last.status, PREFERRED_MS),
  };
}
