// What the simulated receiver answers to UBX messages: polls, configuration, keys, assistance data, the order to restart
// (specs/ublox.md 3.2 to 3.4). What it does not know it leaves without an answer, as the real one does, except of the
// configuration class, where it refuses.
import type { Clock, Logger } from '../../core/index.js';
import type { Configuration } from './configuration.js';
import { CFG } from './configuration-keys.js';
import type { ReceiverCounters } from './counters.js';
import type { Engine } from './engine.js';
import type { Keyring } from './keyring.js';
import type { ReceiverKnobs } from './knobs.js';
import { ack, monVer, secUniqid } from './messages.js';
import { judgeMga, MGA_CLASS, MGA_INFO, mgaAck } from './mga.js';
import { navPvt, navSat, navStatus } from './navigation.js';
import type { ReceiverProfile } from './profiles.js';
import { type UbxMessage, ubxFrame } from './ubx.js';

/** By kind of message what was accepted, by infoCode what was not. */
export interface MgaCounts {
  accepted: Record<string, number>;
  refused: Record<number, number>;
}

export interface DialogueDeps {
  clock: Clock;
  log: Logger;
  seed: string;
  configuration: Configuration;
  keyring: Keyring;
  engine: Engine;
  counters: ReceiverCounters;
  mga: MgaCounts;
  knobs: () => ReceiverKnobs;
  profile: () => ReceiverProfile;
  say: (message: Uint8Array) => void;
  onConfigured: () => void;
  /** Ordered to start anew as a whole; hot: nothing it knows is to be forgotten. */
  onRestart: (isHot: boolean) => void;
}

const CFG_CLASS = 0x06;
const CFG_RST = 0x04;
const VALSET = 0x8a;
const VALGET = 0x8b;
const GNSS_ONLY = 2;
const GNSS_STOP = 8;
const GNSS_START = 9;
/** Ephemeris, almanac, position or time is to be forgotten. */
const COLD_BITS = 0x0001 | 0x0002 | 0x0010 | 0x0100;

export function createDialogue(deps: DialogueDeps): (message: UbxMessage) => void {
  const { clock, log, configuration, keyring, engine, counters, mga, knobs, profile, say } = deps;
  const count = (counts: Record<string | number, number>, name: string | number): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };

  const configure = (id: number, payload: Uint8Array): void => {
    if (id === CFG_RST && payload.length > 0) {
      reset(payload);
      return;
    }
    let isDone = false;
    if (id === VALSET && profile().hasKeys) {
      isDone = configuration.valset(payload);
      log.debug('receiver.valset', { isApplied: isDone, bytes: payload.length });
    } else if (id === VALGET && profile().hasKeys) {
      const values = configuration.valget(payload);
      isDone = values !== undefined;
      if (values) say(ubxFrame(CFG_CLASS, VALGET, values));
    }
    say(ack(isDone, CFG_CLASS, id));
    // Behind the answer: a new line speed holds from there on.
    if (isDone) deps.onConfigured();
  };

  const reset = (payload: Uint8Array): void => {
    if (payload.length !== 4) return;
    const [low = 0, high = 0, mode = 0] = payload;
    const isHot = ((low + 256 * high) & COLD_BITS) === 0;
    if (mode === GNSS_STOP) engine.stop();
    else if (mode === GNSS_ONLY || mode === GNSS_START) engine.restart(isHot);
    else deps.onRestart(isHot);
  };

  const assist = (id: number, payload: Uint8Array): void => {
    const { info, kind } = judgeMga(id, payload, engine.knowsTime);
    counters.mgaIn++;
    if (info === MGA_INFO.accepted) {
      count(mga.accepted, kind);
      engine.aiding.take(kind, payload, clock.wall());
      engine.aided();
    } else count(mga.refused, info);
    if (configuration.get(CFG.ackAiding) === 1) say(mgaAck(info, id, payload));
  };

  const version = (): 1 | 2 => {
    const chosen = knobs().uniqueIdVersion;
    return chosen === 1 || chosen === 2 ? chosen : profile().uniqueIdVersion;
  };
  const POLLS: Readonly<Record<number, () => Uint8Array>> = {
    0x2703: () => secUniqid(deps.seed, version()),
    0x0a04: () => monVer(profile()),
    0x0107: () => navPvt(engine.epoch()),
    0x0103: () => navStatus(engine.epoch()),
    0x0135: () => navSat(engine.epoch()),
  };

  return ({ cls, id, payload }) => {
    if (cls === CFG_CLASS) configure(id, payload);
    else if (cls === MGA_CLASS) {
      if (payload.length > 0 && id !== 0x60) assist(id, payload);
    } else if (cls === 0x02 && id === 0x36) {
      if (!profile().hasSpartn) return;
      if (payload.length === 0) say(ubxFrame(cls, id, keyring.payload()));
      // Never acknowledged, right or wrong: the gateway can tell only from RXM-COR, or by asking.
      else log.debug('receiver.keys', { isTaken: keyring.take(payload), held: keyring.size });
    } else if (payload.length === 0) {
      const answer = POLLS[cls * 256 + id];
      if (answer) say(answer());
    }
  };
}
