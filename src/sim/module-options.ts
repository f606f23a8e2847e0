// What may be said of a module from outside, on the command line or over a control socket: card, coverage, signal,
// family, chunking. Read here once for both.
import { type Fields, present } from './fields.js';
import type { Chunking } from './module/chunker.js';
import type { Coverage, Signal, SimCard, SimCardState } from './module/state.js';

export const CARD_STATES = [
  'absent',
  'busy',
  'ready',
  'pin',
  'puk',
  'dead',
  'wrong',
  'locked',
] as const satisfies readonly SimCardState[];
export const COVERAGE_STATES = ['none', 'home', 'roaming', 'denied'] as const satisfies readonly Coverage['state'][];
export const CHUNKINGS = ['whole', 'one-byte', 'random'] as const;
export type ChunkingName = (typeof CHUNKINGS)[number];

const CODE = { pattern: /^\d{4,8}$/, words: 'four to eight digits' };

/** A card's fields, as far as they are given. Errors: `cli.usage`, as sentences. */
export function readCard(fields: Fields): Partial<SimCard> {
  const change = present({
    state: fields.choice('state', CARD_STATES),
    pin: fields.text('pin', CODE),
    puk: fields.text('puk', { pattern: /^\d{8}$/, words: 'eight digits' }),
    pinTries: fields.whole('pinTries', 0, 10),
    pukTries: fields.whole('pukTries', 0, 10),
    isPinEnabled: fields.flag('isPinEnabled'),
    iccid: fields.text('iccid', { pattern: /^\d{18,20}$/, words: '18 to 20 digits' }),
    imsi: fields.text('imsi', { pattern: /^\d{14,15}$/, words: '14 or 15 digits' }),
    number: fields.text('number', { pattern: /^\d{7,15}$/, words: '7 to 15 digits' }),
    lock: fields.text('lock', { pattern: /^[\w -]{3,30}$/, words: 'what +CPIN? says, such as PH-NET PIN' }),
  });
  fields.end();
  return change;
}

/** What the network grants, as far as it is given. Errors: `cli.usage`, as sentences. */
export function readCoverage(fields: Fields): Partial<Coverage> {
  const change = present({
    state: fields.choice('state', COVERAGE_STATES),
    technology: fields.whole('technology', 0, 13),
    areaCode: fields.text('areaCode', { pattern: /^[\dA-Fa-f]{4}$/, words: 'four hex digits' }),
    cellId: fields.text('cellId', { pattern: /^[\dA-Fa-f]{1,9}$/, words: 'up to nine hex digits' }),
    routingCode: fields.text('routingCode', { pattern: /^[\dA-Fa-f]{2}$/, words: 'two hex digits' }),
    rejectCause: fields.whole('rejectCause', 0, 255),
    isDataOnly: fields.flag('isDataOnly'),
  });
  fields.end();
  return change;
}

/** Levels, as far as they are given. Errors: `cli.usage`, as sentences. */
export function readSignal(fields: Fields): Partial<Signal> {
  const change = present({
    rssiDbm: fields.number('rssiDbm', -140, 0),
    rsrpDbm: fields.number('rsrpDbm', -160, 0),
    rsrqDb: fields.number('rsrqDb', -50, 30),
    sinrDb: fields.number('sinrDb', -50, 50),
  });
  fields.end();
  return change;
}

/** `random` cuts differently for another seed. */
export const chunkingOf = (name: ChunkingName, seed = 1): Chunking => (name === 'random' ? { random: seed } : name);
