// The simulated GNSS receiver: a ZED-F9P as far as the gateway can tell, or one of a few others (specs/ublox.md 7.6).
// Healthy by default; faults are knobs, or behaviours pushed in front. It keeps every correction byte it was given, so
// that what the gateway forwarded can be compared with what the cloud sent.
import { appendFileSync, writeFileSync } from 'node:fs';
import type { Timer } from '../../core/index.js';
import { type ConfigurationOptions, createConfiguration } from './configuration.js';
import { CFG, factoryValues, type KeyFamily, knownKeys } from './configuration-keys.js';
import { createCorrectionDesk } from './corrections.js';
import { createCounters } from './counters.js';
import { createDialogue, type MgaCounts } from './dialogue.js';
import { createEngine } from './engine.js';
import { createInputLine } from './input-line.js';
import { createKeyring } from './keyring.js';
import { type ReceiverKnobs, type RestartKind, USUAL_KNOBS } from './knobs.js';
import { navPvt, navSat, navStatus } from './navigation.js';
import { gga } from './nmea.js';
import type { ReceiverBehaviour, ReceiverInput, SimReceiver, SimReceiverDeps, SimReceiverOptions } from './options.js';
import { createOutputLine } from './output-line.js';
import { receiverProfile } from './profiles.js';
import { createRandom } from './random.js';
import { createScanner } from './scan.js';

/** A fast clock must not turn one epoch a second into a flood: at most 50 per real second. */
const MIN_EPOCH_REAL_MS = 20;
const QUIET_LINE_MS = 1000;

export function createSimReceiver(deps: SimReceiverDeps, options: SimReceiverOptions): SimReceiver {
  const { port, clock, log } = deps;
  const random = createRandom(`receiver/${options.seed}`);
  let knobs: ReceiverKnobs = { ...USUAL_KNOBS, ...options.knobs };
  let profile = receiverProfile(knobs.profile);
  const asMade = (): ConfigurationOptions => ({
    known: knownKeys(profile),
    factory: factoryValues({ ...knobs, baudRate: knobs.baudRate > 0 ? knobs.baudRate : profile.baudRate }),
  });
  const configuration = createConfiguration(asMade());
  configuration.refuse(knobs.refuseKeys, knobs.refuseOptional);
  const keyring = createKeyring(options.keyCheck);
  const behaviours: ReceiverBehaviour[] = [];
  const counters = createCounters();
  const mga: MgaCounts = { accepted: {}, refused: {} };
  let baudRate = configuration.get(CFG.uart1BaudRate);
  let framesIn = 0;
  let epochs = 0;
  let epochTimer: Timer | undefined;
  let quietTimer: Timer | undefined;
  let restartTimer: Timer | undefined;

  const engine = createEngine({
    ...{ clock, log, random },
    startModel: () => knobs.start,
    place: () => knobs,
    onFix: () => {
      counters.fixes++;
    },
  });
  const isMisread = (): boolean => {
    const speed = knobs.connector === 'usb' ? undefined : deps.speedOf?.();
    return speed !== undefined && speed !== baudRate;
  };
  const lineDeps = { random: createRandom(`faults/${options.seed}`), knobs: () => knobs, counters, isMisread };
  const transmit = createOutputLine({ ...lineDeps, write: (bytes) => port.write(bytes) });
  const isOn = (family: KeyFamily): boolean => configuration.isOn(family, knobs.connector);
  const say = (message: Uint8Array): void => {
    if (profile.hasUbx && isOn('outUbx')) transmit(message);
  };

  const save = (bytes: Uint8Array): void => {
    counters.correctionBytes += bytes.length;
    if (options.saveFile !== undefined) appendFileSync(options.saveFile, bytes);
  };
  /** Faults first: a swallowed frame was never on the wire as far as the receiver can tell. */
  const isIntercepted = (input: ReceiverInput): boolean => {
    framesIn++;
    if (knobs.swallowEvery > 0 && framesIn % knobs.swallowEvery === 0) return true;
    return behaviours.some((behaviour) => behaviour(input, { write: transmit }));
  };

  const corrections = createCorrectionDesk({
    ...{ clock, configuration, keyring, counters, say },
    knobs: () => knobs,
    profile: () => profile,
    onUsed: (group) => engine.used(group),
  });
  const dialogue = createDialogue({
    ...{ clock, log, seed: options.seed, configuration, keyring, engine, counters, mga, say },
    knobs: () => knobs,
    profile: () => profile,
    onConfigured: () => void (baudRate = configuration.get(CFG.uart1BaudRate)),
    onRestart: (isHot) => restart('ram', isHot),
  });
  const scanner = createScanner({
    onUbx(message) {
      counters.ubxIn++;
      if (!isIntercepted({ is: 'ubx', message }) && profile.hasUbx && isOn('inUbx')) dialogue(message);
    },
    onSpartn(frame) {
      if (isIntercepted({ is: 'spartn', frame })) return;
      counters.spartnIn++;
      save(frame.bytes);
      corrections.spartn(frame);
    },
    onRtcm(frame) {
      if (isIntercepted({ is: 'rtcm', frame })) return;
      counters.rtcmIn++;
      save(frame.bytes);
      corrections.rtcm(frame);
    },
    onDamaged: (frame) => corrections.damaged(frame),
    onOther(bytes) {
      counters.otherBytes += bytes.length;
      save(bytes);
    },
  });
  const input = createInputLine({
    ...lineDeps,
    clock,
    deliver(bytes) {
      scanner.push(bytes);
      quietTimer?.cancel();
      // Half a frame and then silence: the rest will not come, and must not swallow what does.
      if (scanner.held > 0) quietTimer = clock.deadline(QUIET_LINE_MS, () => scanner.flush());
    },
  });

  const restart = (kind: RestartKind = 'ram', isHot = false): void => {
    // What came before the restart is judged before it.
    scanner.flush();
    input.reset();
    counters.restarts++;
    configuration.restart(kind === 'factory');
    baudRate = configuration.get(CFG.uart1BaudRate);
    keyring.clear();
    engine.restart(isHot);
    log.info('receiver.restart', { kind });
  };
  const restartAfter = (ms: number, kind: RestartKind = 'ram'): void => {
    restartTimer?.cancel();
    restartTimer = clock.after(ms, () => restart(kind));
  };
  const set = (change: Partial<ReceiverKnobs>): void => {
    const isAnother = change.profile !== undefined && change.profile !== knobs.profile;
    knobs = { ...knobs, ...change };
    profile = receiverProfile(knobs.profile);
    configuration.become(asMade());
    configuration.refuse(knobs.refuseKeys, knobs.refuseOptional);
    baudRate = configuration.get(CFG.uart1BaudRate);
    if (isAnother) restart('factory');
  };

  const tick = (): void => {
    engine.tick();
    const now = engine.epoch();
    epochs++;
    const isDue = (family: KeyFamily): boolean => {
      const rate = configuration.rate(family, knobs.connector);
      return rate > 0 && epochs % rate === 0;
    };
    if (isOn('outNmea') && isDue('gga')) transmit(gga(now, configuration.get(CFG.nmeaHighPrecision) === 1 ? 7 : 5));
    if (isDue('navPvt')) say(navPvt(now));
    if (isDue('navStatus')) say(navStatus(now));
    if (isDue('navSat')) say(navSat(now));
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
  const unsubscribe = port.onBytes((bytes) => input.push(bytes));
  arm();

  return {
    behaviours,
    counters,
    get quality() {
      return engine.quality;
    },
    get heldKeys() {
      return keyring.size;
    },
    get knobs() {
      return knobs;
    },
    snapshot() {
      const { aiding, timeToFirstFixMs } = engine;
      const { timeErrorMs, position, satellites } = aiding;
      return {
        knobs,
        quality: engine.quality,
        counters: { ...counters },
        mga: { accepted: { ...mga.accepted }, refused: { ...mga.refused } },
        aiding: {
          ...(timeErrorMs === undefined ? {} : { timeErrorMs }),
          ...(position === undefined ? {} : { position }),
          satellites,
        },
        ...(timeToFirstFixMs === undefined ? {} : { timeToFirstFixMs }),
        keyStartsUtcMs: keyring.startsUtcMs,
        baudRate,
      };
    },
    set,
    perform({ change, restart: order }) {
      set(change);
      if (order?.afterMs !== undefined) restartAfter(order.afterMs, order.kind);
      else if (order) restart(order.kind);
    },
    restart: (kind) => restart(kind),
    restartAfter,
    swallowEvery: (n) => set({ swallowEvery: n }),
    swallowBytes: ({ every, when }) => set({ swallowBytesEvery: every, swallowBytesWhen: when }),
    refuseKeys: (keys) => set({ refuseKeys: keys }),
    [Symbol.dispose]() {
      unsubscribe();
      input[Symbol.dispose]();
      epochTimer?.cancel();
      quietTimer?.cancel();
      restartTimer?.cancel();
      scanner.flush();
    },
  };
}
