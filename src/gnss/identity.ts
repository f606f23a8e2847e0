// Is it a receiver that the port leads to? Ports change places, and a modem in the receiver's must not be handed keys.
// So each connection starts mute: only "who are you" is written (UBX-MON-VER, every 2 s; nothing at all on a port that
// speaks NMEA only), until the far side has proved itself by a right checksum.
//
//   protocol ubx    none ──GNSS sentence──→ sentences ──UBX frame──→ receiver
//                     │ └──────────────────UBX frame───────────────────↑
//   protocol nmea   none ──────────────GNSS sentence──────────────→ receiver
//
//   none ──a modem's words, our own question echoed, or 5 s of bytes that mean nothing──→ foreign: the run ends
//          (where other line speeds are left to try, bytes that mean nothing lead to the next; see speeds.ts)
//
// `sentences` is enough for corrections and for configuration, `receiver` for keys too. While keys wait, a sentence counts
// only after the question had its 2 s, so that the keys go first if they can go at all. Frames that only hosts send prove
// nothing: they may be our own, come back. After its proof a connection is trusted until it ends.
import type { Clock, Logger, Timer } from '../core/index.js';
import type { Sentence } from './nmea.js';
import { UBX, ubxFrame, ubxId } from './ubx.js';

export type Trust = 'none' | 'sentences' | 'receiver';

const ASK_MS = 2000;
const FOREIGN_MS = 5000;
/** Fewer bytes than this may be a plug going in. */
const FOREIGN_BYTES = 16;
/** Questions without an answer before people are told. */
const ASKED_IN_VAIN = 5;
const MAX_LINE = 200;
const UBX_CLASS_MGA = 0x13;

export const CHECK_PORT_AND_SPEED =
  'Another kind of device is at this port, or the line speed differs: check gnss.port and gnss.baudRate.';

const TALKER = /^(?:G[A-Z]|BD|QZ)$/;
const MODEM_LINE =
  /^(?:OK|ERROR|AT(?:[A-Z+#&$%^*][\x20-\x7e]*)?|\+C[A-Z0-9]{2,7}:[\x20-\x7e]*|\+CM[ES] ERROR[\x20-\x7e]*|RING|RDY|NO CARRIER)$/;

/** A frame that no host sends, so that it cannot be an echo. */
export function isReceiversOwn(frame: Uint8Array): boolean {
  const id = ubxId(frame);
  const isPoll = frame.length === 8;
  return !isPoll && id !== UBX.cfgValset && id !== UBX.rxmSpartnKey && id !== UBX.rxmPmp && id >> 8 !== UBX_CLASS_MGA;
}

/** What a valid GNSS sentence or a frame of the receiver's own makes of the trust so far. */
export function trustAfter(
  trust: Trust,
  proof: 'sentence' | 'frame',
  facts: { protocol: 'ubx' | 'nmea'; keysWait: boolean; askedMs: number },
): Trust {
  if (proof === 'frame' || trust === 'receiver') return 'receiver';
  if (facts.protocol === 'nmea') return 'receiver';
  if (trust === 'none' && facts.keysWait && facts.askedMs < ASK_MS) return 'none';
  return 'sentences';
}

export interface IdentityGate {
  readonly trust: Trust;
  /** Bytes that came, after their frames and sentences have been shown. */
  bytes(chunk: Uint8Array): void;
  frame(frame: Uint8Array): void;
  sentence(sentence: Sentence): void;
  stop(): void;
}

export interface IdentityDeps {
  clock: Clock;
  log: Logger;
  send: (frame: Uint8Array) => void;
  keysWait: () => boolean;
  onTrust: (trust: Trust) => void;
  /**
   * Not a receiver; `why` is for people. `isGarbled`: not one whole frame or sentence of any kind was among the bytes, so
   * that the line speed may be at fault. Called at most once.
   */
  onForeign: (why: string, hint: string | undefined, isGarbled: boolean) => void;
}

/**
 * Starts asking at once. `unasked`: the operator has said that nothing will come back (one-way wiring): trusted from the
 * start. Memory: one short line.
 */
export function openIdentityGate(
  deps: IdentityDeps,
  options: { protocol: 'ubx' | 'nmea'; unasked: boolean },
): IdentityGate {
  const { clock, log } = deps;
  const { protocol } = options;
  const openedMonoMs = clock.mono();
  let trust: Trust = 'none';
  let timer: Timer | undefined;
  let questions = 0;
  let firstByteMonoMs: number | undefined;
  let count = 0;
  let line = '';
  let isOver = false;
  /** Something whole was heard, whoever says it: the line speed is right. */
  let isClear = false;

  const enter = (next: Trust): void => {
    if (next === trust || isOver) return;
    trust = next;
    if (trust === 'receiver') timer?.cancel();
    deps.onTrust(trust);
  };

  const foreign = (why: string, hint?: string, isGarbled = false): void => {
    if (isOver || trust !== 'none') return;
    isOver = true;
    timer?.cancel();
    deps.onForeign(why, hint, isGarbled);
  };

  const prove = (proof: 'sentence' | 'frame'): void => {
    // The clock may be scaled: the age that stands for the time a device had.
    const askedMs = ((clock.mono() - openedMonoMs) * ASK_MS) / clock.ioBudgetMs(ASK_MS);
    enter(trustAfter(trust, proof, { protocol, keysWait: deps.keysWait(), askedMs }));
  };

  const ask = (): void => {
    timer = clock.deadline(ASK_MS, ask);
    questions++;
    if (protocol === 'ubx') deps.send(ubxFrame(UBX.monVer));
    if (questions === ASKED_IN_VAIN && trust === 'none')
      log.warn(
        'gnss.unidentified',
        {},
        'Nothing of a receiver has come: corrections and keys wait. For one-way wiring set configure: false and silentAfterSeconds: 0.',
      );
  };

  /** Whole printable lines only; anything else starts a new one. */
  const listen = (chunk: Uint8Array): void => {
    for (const byte of chunk) {
      if (byte === 0x0d || byte === 0x0a) {
        if (MODEM_LINE.test(line)) foreign(`it answers like a modem: ${line.slice(0, 40)}`);
        line = '';
      } else if (line.length < MAX_LINE) line += String.fromCharCode(byte);
    }
  };

  if (options.unasked) {
    trust = 'receiver';
    if (protocol === 'ubx') deps.send(ubxFrame(UBX.monVer));
  } else ask();

  return {
    get trust() {
      return trust;
    },
    frame(frame) {
      isClear = true;
      if (trust === 'receiver') return;
      if (isReceiversOwn(frame)) prove('frame');
      else if (ubxId(frame) === UBX.monVer) foreign('it sends our question back');
    },
    sentence({ talker, type }) {
      isClear = true;
      if (trust === 'receiver') return;
      if (TALKER.test(talker) || (talker === 'P' && type.startsWith('UBX'))) prove('sentence');
    },
    bytes(chunk) {
      if (trust !== 'none' || isOver) return;
      listen(chunk);
      count += chunk.length;
      firstByteMonoMs ??= clock.mono();
      const isLong = clock.mono() - firstByteMonoMs >= clock.ioBudgetMs(FOREIGN_MS);
      if (isLong && count >= FOREIGN_BYTES)
        foreign('it sends bytes, but nothing that a receiver says', CHECK_PORT_AND_SPEED, !isClear);
    },
    stop() {
      isOver = true;
      timer?.cancel();
    },
  };
}
