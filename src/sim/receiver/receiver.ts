// The simulated GNSS receiver: a ZED-F9P as far as the gateway can tell (specs/ublox.md 7.6). Healthy by default; faults
// are behaviours pushed in front. It keeps every correction byte it was given, so that what the gateway forwarded can be
// compared with what the cloud sent.
import { appendFileSync, writeFileSync } from 'node:fs';
import { type Clock, createRunner, type Logger, type Timer } from '../../core/index.js';
import { SPARTN_TYPE, type SpartnFrame, type SpartnGroup } from '../spartn.js';
import { gpsSeconds } from '../spartn-time.js';
import { CFG, createConfiguration } from './configuration.js';
import { type FixState, lastUsedMonoMs, nextFix, powerUp, type SimQuality } from './fix-machine.js';
import { createKeyring, type KeyCheck } from './keyring.js';
import { ack, type CorrectionFate, type Epoch, gga, monVer, navPvt, rxmCor, secUniqid } from './messages.js';
import { createRandom } from './random.js';
import { createScanner } from './scan.js';
import type { UbxMessage } from './ubx.js';

/** The cable: a plug, or anything that carries bytes both ways. */
export interface ReceiverPort {
  write(bytes: Uint8Array): void;
  onBytes(cb: (bytes: Uint8Array) => void): () => void;
}

export type ReceiverInput = { is: 'ubx'; message: UbxMessage } | { is: 'spartn'; frame: SpartnFrame };
/** A fault in front of the healthy receiver: true = dealt with, the receiver never sees it. */
export type ReceiverBehaviour = (input: ReceiverInput, io: { write(bytes: Uint8Array): void }) => boolean;

export interface SimReceiverDeps {
  port: ReceiverPort;
  clock: Clock;
  log: Logger;
}

export interface SimReceiverOptions {
  /** Unique id and position noise. */
  seed: string;
  /** Emptied at the start, then every correction byte received is appended in order: frames, and bytes that are none. */
  saveFile?: string;
  /** `tag`: generated frames, each opened by its own key. `any-valid-key`: a recording plays. */
  keyCheck: KeyCheck;
}

export interface ReceiverCounters {
  ubxIn: number;
  spartnIn: number;
  used: number;
  notDecrypted: number;
  crcErrors: number;
  /** Bytes outside any frame. */
  otherBytes: number;
  correctionBytes: number;
}

export interface SimReceiver extends Disposable {
  readonly behaviours: ReceiverBehaviour[];
  readonly quality: SimQuality;
  readonly heldKeys: number;
  readonly counters: Readonly<ReceiverCounters>;
  /** Power cycle: RAM configuration, keys and fix are gone. */
  restart(): void;
  /** Fault: every n-th frame is lost on the way in, as from an overrun UART (0: none). */
  swallowEvery(n: number): void;
  /** Fault: these configuration keys are unknown, as on an older firmware. */
  refuseKeys(keys: readonly number[]): void;
}

const HOME = { latitudeDeg: 48.2082, longitudeDeg: 16.3738, altitudeMslM: 171.2 };
const ACCURACY_MM: Readonly<Record<SimQuality, number>> = { none: 0, '3d': 1450, rtk_float: 240, rtk_fixed: 14 };
const METRES_PER_DEGREE = 111_320;
/** A fast clock must not turn one epoch a second into a flood: at most 50 per real second. */
const MIN_EPOCH_REAL_MS = 20;
const QUIET_LINE_MS = 1000;
const FIX_TIMES = { acquireMs: 2000, freshMs: 60_000, fixMs: 3000 };

export function createSimReceiver(deps: SimReceiverDeps, options: SimReceiverOptions): SimReceiver {
  const { port, clock, log } = deps;
  const random = createRandom(`receiver/${options.seed}`);
  const configuration = createConfiguration();
  const keyring = createKeyring(options.keyCheck);
  const behaviours: ReceiverBehaviour[] = [];
  const counters: ReceiverCounters = {
    ubxIn: 0,
    spartnIn: 0,
    used: 0,
    notDecrypted: 0,
    crcErrors: 0,
    otherBytes: 0,
    correctionBytes: 0,
  };
  const times = { ...FIX_TIMES, freshMs: clock.ioBudgetMs(FIX_TIMES.freshMs) };
  const fix = createRunner({
    initial: powerUp(clock.mono()),
    next: (state: FixState, event: Parameters<typeof nextFix>[2]) => nextFix(times, state, event),
    onTransition: (from, to) => {
      if (from.quality !== to.quality) log.info('receiver.fix', { from: from.quality, to: to.quality });
    },
  });
  let swallow = 0;
  let framesIn = 0;
  let epochTimer: Timer | undefined;
  let quietTimer: Timer | undefined;

  const write = (bytes: Uint8Array): void => port.write(bytes);
  const save = (bytes: Uint8Array): void => {
    counters.correctionBytes += bytes.length;
    if (options.saveFile !== undefined) appendFileSync(options.saveFile, bytes);
  };
  /** Faults first: a swallowed frame was never on the wire as far as the receiver can tell. */
  const isIntercepted = (input: ReceiverInput): boolean => {
    framesIn++;
    if (swallow > 0 && framesIn % swallow === 0) return true;
    return behaviours.some((behaviour) => behaviour(input, { write }));
  };

  const epoch = (): Epoch => {
    const { quality } = fix.state;
    const accuracyMm = ACCURACY_MM[quality];
    const noiseDeg = (): number => ((random.next() - 0.5) * accuracyMm) / 1000 / METRES_PER_DEGREE;
    const lastUsed = lastUsedMonoMs(fix.state);
    return {
      quality,
      utcMs: clock.wall(),
      latitudeDeg: HOME.latitudeDeg + noiseDeg(),
      longitudeDeg: HOME.longitudeDeg + noiseDeg(),
      altitudeMslM: HOME.altitudeMslM + noiseDeg() * METRES_PER_DEGREE,
      horizontalAccuracyMm: accuracyMm,
      satellites: quality === 'none' ? 0 : 24 + random.between(0, 6),
      ...(lastUsed === undefined ? {} : { correctionAgeS: (clock.mono() - lastUsed) / 1000 }),
    };
  };

  const onPoll = (cls: number, id: number): void => {
    const name = `${cls.toString(16)} ${id.toString(16)}`;
    if (name === '27 3') write(secUniqid(options.seed));
    else if (name === 'a 4') write(monVer());
    else if (name === '1 7') write(navPvt(epoch()));
    else if (cls === 0x06) write(ack(false, cls, id));
  };

  const onUbx = ({ cls, id, payload }: UbxMessage): void => {
    if (cls === 0x06 && id === 0x8a) {
      const isApplied = configuration.valset(payload);
      log.debug('receiver.valset', { isApplied, bytes: payload.length });
      write(ack(isApplied, cls, id));
    } else if (cls === 0x06 && id === 0x04) {
      restart();
    } else if (cls === 0x02 && id === 0x36 && payload.length > 0) {
      // Never acknowledged, right or wrong: the gateway can tell only from RXM-COR.
      log.debug('receiver.keys', { isTaken: keyring.take(payload), held: keyring.size });
    } else if (payload.length === 0) {
      onPoll(cls, id);
    }
  };

  const hearsSpartn = (): boolean => configuration.isOn(CFG.uart1InSpartn, CFG.usbInSpartn);
  const report = (fate: CorrectionFate, frame: { type: number; subtype: number; encrypted: boolean }): void => {
    if (configuration.isOn(CFG.rxmCorUart1, CFG.rxmCorUsb)) write(rxmCor(fate, frame));
  };
  const onSpartn = (frame: SpartnFrame): void => {
    if (!hearsSpartn()) return;
    const isOpen = !frame.encrypted || keyring.opens(frame, gpsSeconds(clock.wall()));
    const fate: CorrectionFate = isOpen ? 'used' : 'not-decrypted';
    if (isOpen) counters.used++;
    else counters.notDecrypted++;
    report(fate, frame);
    const group = (Object.keys(SPARTN_TYPE) as SpartnGroup[]).find((name) => SPARTN_TYPE[name] === frame.type);
    if (isOpen && group) fix.send({ type: 'used', group, atMonoMs: clock.mono() });
  };

  const scanner = createScanner({
    onUbx(message) {
      counters.ubxIn++;
      if (!isIntercepted({ is: 'ubx', message })) onUbx(message);
    },
    onSpartn(frame) {
      if (isIntercepted({ is: 'spartn', frame })) return;
      counters.spartnIn++;
      save(frame.bytes);
      onSpartn(frame);
    },
    onDamaged(frame) {
      if (!hearsSpartn()) return;
      counters.crcErrors++;
      report('crc-error', { ...frame, encrypted: true });
    },
    onOther(bytes) {
      counters.otherBytes += bytes.length;
      save(bytes);
    },
  });

  const restart = (): void => {
    configuration.restart();
    keyring.clear();
    fix.send({ type: 'restart', atMonoMs: clock.mono() });
    log.info('receiver.restart', {});
  };

  const tick = (): void => {
    fix.send({ type: 'tick', atMonoMs: clock.mono() });
    const now = epoch();
    if (configuration.isOn(CFG.ggaUart1, CFG.ggaUsb))
      write(gga(now, configuration.isOn(CFG.nmeaHighPrecision) ? 7 : 5));
    const isUbxOut = configuration.isOn(CFG.uart1OutUbx, CFG.usbOutUbx);
    if (isUbxOut && configuration.isOn(CFG.navPvtUart1, CFG.navPvtUsb)) write(navPvt(now));
    arm();
  };
  const arm = (): void => {
    // On whole seconds of the clock, as a receiver does; counted from the nearest one so that a timer's early or late
    // firing neither doubles nor drops an epoch.
    const stepMs = Math.max(1000, clock.ioBudgetMs(MIN_EPOCH_REAL_MS));
    const wall = clock.wall();
    epochTimer = clock.after((Math.round(wall / stepMs) + 1) * stepMs - wall, tick);
  };

  if (options.saveFile !== undefined) writeFileSync(options.saveFile, '');
  const unsubscribe = port.onBytes((bytes) => {
    scanner.push(bytes);
    quietTimer?.cancel();
    // Half a frame and then silence: the rest will not come, and must not swallow what does.
    if (scanner.held > 0) quietTimer = clock.deadline(QUIET_LINE_MS, () => scanner.flush());
  });
  arm();

  return {
    behaviours,
    counters,
    get quality() {
      return fix.state.quality;
    },
    get heldKeys() {
      return keyring.size;
    },
    restart,
    swallowEvery: (n) => void (swallow = n),
    refuseKeys: (keys) => configuration.refuse(keys),
    [Symbol.dispose]() {
      unsubscribe();
      epochTimer?.cancel();
      quietTimer?.cancel();
      scanner.flush();
    },
  };
}
