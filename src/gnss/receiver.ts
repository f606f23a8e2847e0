// The GNSS receiver on its port: opens it, makes sure that it is a receiver (identity.ts), configures it, listens to it,
// and is the one place corrections and keys go down through. `run` lives as long as one connection; queue, keys and
// counters live as long as the receiver.
//
// One-way wiring, where the receiver's TX is not connected: the operator says so by `configure: false` together with
// `silentAfterMs: 0`. Then nothing is waited for, and corrections and keys are sent to whatever is at the port.
import {
  abortReason,
  type Clock,
  type Deferred,
  deferred,
  type Fix,
  type Logger,
  linkedController,
  onAbort,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import type { Link, LinkOpener } from '../link/index.js';
import { createFeeder } from './feeder.js';
import { fixFromGga, parseNavPvt } from './fix.js';
import { createCorrectionHealth } from './health.js';
import { type IdentityGate, openIdentityGate, type Trust } from './identity.js';
import { createIntake } from './intake.js';
import { createListener } from './listener.js';
import { parseGga, type Sentence } from './nmea.js';
import type { Receiver, ReceiverOptions } from './receiver-types.js';
import { parseRxmCor } from './rxm-cor.js';
import { parseMonVer, UBX, ubxId } from './ubx.js';
import { startUpkeep } from './upkeep.js';

const SILENT_MS = 15_000;
/** GGA counts only while NAV-PVT, which knows more, does not come. */
const PVT_PREFERRED_MS = 5000;

export interface ReceiverDeps {
  open: LinkOpener;
  clock: Clock;
  log: Logger;
}

/** Callbacks that come and go. */
function createSubject<T>(): { emit(value: T): void; add(cb: (value: T) => void): () => void } {
  const callbacks = new Set<(value: T) => void>();
  return {
    emit: (value) => {
      for (const cb of [...callbacks]) cb(value);
    },
    add: (cb) => {
      callbacks.add(cb);
      return () => void callbacks.delete(cb);
    },
  };
}

export function createReceiver({ open, clock, log }: ReceiverDeps, options: ReceiverOptions): Receiver {
  const { port, protocol } = options;
  const fixes = createSubject<Fix>();
  const times = createSubject<number>();
  const ubxFrames = createSubject<Uint8Array>();
  const health = createCorrectionHealth({ clock });
  const said = { used: 0, notDecrypted: 0, crcErrors: 0 };
  const last: { fed?: number; frame?: number; used?: number; pvt?: number; byte: number } = { byte: clock.mono() };
  let isBusy = false;
  let isRunning = false;
  let gate: IdentityGate | undefined;
  let model: string | undefined;
  let fix: Fix = { quality: 'none', atMonoMs: clock.mono(), source: protocol === 'nmea' ? 'gga' : 'nav-pvt' };

  const feeder = createFeeder(
    {
      clock,
      onWritten: (frames) => {
        last.fed = clock.mono();
        health.written(frames);
      },
    },
    options,
  );
  const intake = createIntake(feeder, options);
  const listener = createListener(protocol, { onUbx, onSentence });

  const isWithin = (since: number | undefined, ms: number): boolean =>
    since !== undefined && clock.mono() - since < clock.ioBudgetMs(ms);

  function setFix(next: Fix): void {
    fix = next;
    fixes.emit(next);
  }

  function onUbx(frame: Uint8Array): void {
    gate?.frame(frame);
    last.frame = clock.mono();
    switch (ubxId(frame)) {
      case UBX.navPvt: {
        const report = parseNavPvt(frame, clock.mono());
        if (!report) break;
        last.pvt = clock.mono();
        if (report.utcMs !== undefined) times.emit(report.utcMs);
        setFix(report.fix);
        break;
      }
      case UBX.rxmCor: {
        const report = parseRxmCor(frame);
        if (!report) break;
        health.report(report);
        if (report.hasError) said.crcErrors++;
        else if (report.isEncrypted && !report.isDecrypted) said.notDecrypted++;
        if (report.isUsed) {
          said.used++;
          last.used = clock.mono();
        }
        break;
      }
      case UBX.monVer: {
        const version = parseMonVer(frame);
        if (!version) break;
        model = version.model ?? (version.hardware || version.software);
        log.info('gnss.model', { ...version });
        break;
      }
      default:
    }
    ubxFrames.emit(frame);
  }

  function onSentence(sentence: Sentence): void {
    gate?.sentence(sentence);
    last.frame = clock.mono();
    const gga = parseGga(sentence);
    if (gga && !isWithin(last.pvt, PVT_PREFERRED_MS)) setFix(fixFromGga(gga, clock.mono()));
  }

  async function read(link: Link): Promise<WaymarkError> {
    for await (const chunk of link.bytes) {
      last.byte = clock.mono();
      listener.push(chunk);
      gate?.bytes(chunk);
    }
    const reason = await link.closed;
    return reason.is === 'hangup' ? reason.error : new WaymarkError('link.closed', `${port} was closed`);
  }

  /** Fails the run once no byte has come for the allowed time. */
  function watchSilence(ended: Deferred<never>): () => void {
    const afterMs = options.silentAfterMs ?? SILENT_MS;
    if (afterMs === 0) return () => undefined;
    const limitMs = clock.ioBudgetMs(afterMs);
    let timer: Timer;
    const check = (): void => {
      const leftMs = limitMs - (clock.mono() - last.byte);
      if (leftMs > 0) timer = clock.after(leftMs, check);
      else ended.reject(new WaymarkError('gnss.silent', `${port}: nothing from the receiver for ${afterMs / 1000} s`));
    };
    check();
    return () => timer.cancel();
  }

  async function serve(link: Link, signal: AbortSignal): Promise<never> {
    using scope = linkedController(signal);
    const ended = deferred<never>();
    const off = onAbort(signal, () => ended.reject(abortReason(signal)));
    last.byte = clock.mono();
    delete last.pvt;
    listener.reset();
    health.reset();
    isRunning = true;
    intake.setRunning(true);
    feeder.setOpen(false);
    const stopSilence = watchSilence(ended);
    let stopUpkeep: (() => void) | undefined;
    const trusted = (trust: Trust): void => {
      if (trust === 'receiver') intake.allowKeys();
      stopUpkeep ??= startUpkeep(
        { feeder, intake, health, onUbx: ubxFrames.add, last, clock, log },
        { isUblox: protocol === 'ubx', configure: options.configure, signal: scope.signal },
      );
      feeder.setOpen(true);
      log.info('gnss.identified', { by: trust === 'receiver' ? protocol : 'nmea' });
      if (trust === 'sentences' && intake.hasKeys)
        log.warn('gnss.keys-wait', {}, 'The receiver speaks NMEA only so far: its keys wait for a UBX answer.');
    };
    const unasked = !options.configure && options.silentAfterMs === 0;
    gate = openIdentityGate(
      {
        clock,
        log,
        send: (frame) => feeder.offerUrgent(frame),
        keysWait: () => intake.hasKeys,
        onTrust: trusted,
        onForeign: (why, hint) => ended.reject(new WaymarkError('gnss.wrong-device', `${port}: ${why}`, { hint })),
      },
      { protocol, unasked },
    );
    if (unasked) trusted('receiver');
    read(link).then(ended.reject, (error: unknown) => ended.reject(toWaymarkError(error)));
    feeder.run(link, { signal: scope.signal }).catch((error: unknown) => {
      if (!scope.signal.aborted) ended.reject(toWaymarkError(error));
    });
    try {
      return await ended.promise;
    } finally {
      off();
      stopSilence();
      gate.stop();
      gate = undefined;
      stopUpkeep?.();
      isRunning = false;
      intake.setRunning(false);
      scope.abort();
    }
  }

  return {
    async run({ signal }) {
      if (isBusy) throw new Error('the receiver is already running');
      isBusy = true;
      try {
        await using link = await open({ address: port, baudRate: options.baudRate }, { signal });
        log.info('gnss.open', { port, protocol });
        return await serve(link, signal);
      } finally {
        isBusy = false;
      }
    },
    feed(kind, bytes) {
      intake.push(kind, bytes);
      return feeder.hold();
    },
    restart: (kind) => intake.restart(kind),
    setKeys: (keys) => intake.setKeys(keys),
    onFix: fixes.add,
    onUtc: times.add,
    snapshot() {
      const { frames: framesIn, bad: badFrames } = listener.counters;
      const bad = intake.bad;
      return {
        running: isRunning,
        port,
        ...(gate && { identified: gate.trust }),
        ...(model !== undefined && { model }),
        fix,
        counters: {
          framesIn,
          badFrames,
          ...intake.counters,
          correctionBadFrames: bad.frames,
          correctionSkippedBytes: bad.bytes,
          ...feeder.counters,
          ...said,
        },
        ...(last.fed !== undefined && { lastFedMonoMs: last.fed }),
        ...(last.frame !== undefined && { lastFrameMonoMs: last.frame }),
        ...(last.used !== undefined && { lastUsedMonoMs: last.used }),
        corrections: health.verdict(),
      };
    },
  };
}
