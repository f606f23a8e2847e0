// The SIM card: PIN and PUK with their counters, numbers, elementary files (specs/modem.md 2.3).
import { CME, type CommandContext, type CommandSpec, type CommandTable, numberIn, type Outcome } from '../command.js';
import type { SimCard } from '../state.js';

/** Why the card cannot be used now, as a final result; undefined when it can. */
export function cardObstacle(card: SimCard): { cme: number } | undefined {
  const errors = {
    absent: CME.notInserted,
    busy: CME.cardBusy,
    ready: undefined,
    pin: CME.pinRequired,
    puk: CME.pukRequired,
    dead: CME.cardFailure,
    wrong: CME.cardWrong,
    locked: CME.networkLock,
  } as const;
  const cme = errors[card.state];
  return cme === undefined ? undefined : { cme };
}

/** The same for what a locked card gives, too. */
export function presenceObstacle(card: SimCard): { cme: number } | undefined {
  return ['pin', 'puk', 'locked'].includes(card.state) ? undefined : cardObstacle(card);
}

/** What the card asks for right after power-on. */
export function wokenCard(card: SimCard): SimCard['state'] {
  if (card.state === 'absent' || card.state === 'dead' || card.state === 'wrong' || card.state === 'locked')
    return card.state;
  if (card.pukTries === 0) return 'dead';
  if (card.pinTries === 0) return 'puk';
  return card.isPinEnabled ? 'pin' : 'ready';
}

function tryPin(card: SimCard, pin: string): Outcome {
  if (pin === card.pin) {
    card.pinTries = 3;
    return 'OK';
  }
  card.pinTries = Math.max(0, card.pinTries - 1);
  if (card.pinTries === 0) card.state = 'puk';
  return { cme: CME.wrongPassword };
}

function tryPuk(card: SimCard, puk: string, newPin: string | undefined): Outcome {
  if (newPin === undefined || !/^\d{4,8}$/.test(newPin)) return { cme: CME.badParameters };
  if (puk === card.puk) {
    Object.assign(card, { pin: newPin, pinTries: 3, pukTries: 10 });
    return 'OK';
  }
  card.pukTries = Math.max(0, card.pukTries - 1);
  if (card.pukTries === 0) card.state = 'dead';
  return { cme: CME.wrongPassword };
}

function enterPin({ state, cardChanged, afterFinal }: CommandContext, args: readonly string[]): Outcome {
  const { card } = state;
  const [code, newPin] = args;
  if (code === undefined) return { cme: CME.badParameters };
  const before = card.state;
  if (before !== 'pin' && before !== 'puk')
    return before === 'ready' ? { cme: CME.notAllowed } : (cardObstacle(card) ?? 'ERROR');
  const outcome = before === 'pin' ? tryPin(card, code) : tryPuk(card, code, newPin);
  if (outcome === 'OK') card.state = 'ready';
  // Card, then network: the result comes first, what follows from it after.
  if (card.state !== before) afterFinal(cardChanged);
  return outcome;
}

function lock({ state, info, cardChanged, afterFinal }: CommandContext, args: readonly string[]): Outcome {
  const [facility, mode, pin] = args;
  const { card } = state;
  if (facility !== 'SC') return mode === '2' ? { cme: CME.notSupported } : { cme: CME.notAllowed };
  const gone = presenceObstacle(card);
  if (gone !== undefined && card.state !== 'busy') return gone;
  if (mode === '2') {
    info(`+CLCK: ${card.isPinEnabled ? 1 : 0}`);
    return 'OK';
  }
  if ((mode !== '0' && mode !== '1') || pin === undefined) return { cme: CME.badParameters };
  if (card.state !== 'ready') return cardObstacle(card) ?? 'ERROR';
  const outcome = tryPin(card, pin);
  if (outcome === 'OK') card.isPinEnabled = mode === '1';
  else if (card.pinTries === 0) afterFinal(cardChanged);
  return outcome;
}

/** Two digits a byte, low nibble first, as cards store numbers. */
const swapped = (digits: string): string => {
  const padded = digits.length % 2 === 0 ? digits : `${digits}F`;
  return padded.replace(/(.)(.)/g, '$2$1');
};

const ICCID_FILE = '12258';

/** Elementary files by their decimal id: ICCID, IMSI, administrative data. */
function elementaryFile(card: SimCard, id: string | undefined): string | undefined {
  if (id === ICCID_FILE) return swapped(card.iccid);
  // Length, then parity nibble 9 (odd number of digits) and the digits.
  if (id === '28423') return `08${swapped(`9${card.imsi}`)}`;
  if (id === '28589') return '00000002';
  return undefined;
}

function restrictedAccess({ state, info }: CommandContext, args: readonly string[]): Outcome {
  const [command, file] = args;
  // The card's number is not behind its PIN; everything else is.
  const obstacle = file === ICCID_FILE && !state.quirks.iccidNeedsPin ? undefined : cardObstacle(state.card);
  if (obstacle !== undefined) return obstacle;
  const content = elementaryFile(state.card, file);
  if (content === undefined) info('+CRSM: 106,130,""');
  else if (command === '176') {
    const length = numberIn(args[4], 0, 255) ?? 0;
    info(`+CRSM: 144,0,"${length === 0 ? content : content.slice(0, 2 * length)}"`);
  } else if (command === '192' || command === '242') {
    const bytes = (content.length / 2).toString(16).toUpperCase().padStart(4, '0');
    info(`+CRSM: 144,0,"0000${bytes}${Number(file).toString(16).toUpperCase()}040011005501020000"`);
  } else info('+CRSM: 109,0,""');
  return 'OK';
}

function genericAccess({ state, info }: CommandContext, args: readonly string[]): Outcome {
  const length = numberIn(args[0], 10, 520);
  const apdu = (args[1] ?? '').toUpperCase();
  if (length === undefined || apdu.length !== length || !/^[0-9A-F]{10,520}$/.test(apdu))
    return { cme: CME.badParameters };
  // VERIFY (20) and UNBLOCK (2C) without data ask for the tries left of PIN (01) and PIN2 (81); anything else is a file
  // this card does not have.
  const { pinTries, pukTries } = state.card;
  const counters: Readonly<Record<string, number>> = {
    '0020000100': pinTries,
    '002C000100': pukTries,
    '0020008100': 3,
    '002C008100': 10,
  };
  const tries = counters[apdu];
  const word = tries === undefined ? '6A82' : tries === 0 ? '6983' : `63C${tries.toString(16).toUpperCase()}`;
  info(`+CSIM: 4,"${word}"`);
  return 'OK';
}

/** The card's number under a name; readable while the card asks for its PIN unless the knob says otherwise. */
export const iccid = (prefix: string): CommandSpec => ({
  exec: ({ state, info }) => {
    const obstacle = state.quirks.iccidNeedsPin ? cardObstacle(state.card) : undefined;
    if (obstacle !== undefined) return obstacle;
    info(`${prefix}: ${state.card.iccid}`);
    return 'OK';
  },
  test: '',
  needsCard: 'present',
  latency: 'card',
});

/** +CPINR of 27.007; not every family has it. */
export const RETRIES: CommandSpec = {
  exec: ({ state, info }) => {
    const { card } = state;
    info(`+CPINR: SIM PIN,${card.pinTries},3`);
    info(`+CPINR: SIM PUK,${card.pukTries},10`);
    info('+CPINR: SIM PIN2,3,3');
    info('+CPINR: SIM PUK2,10,10');
    return 'OK';
  },
  test: '',
  needsCard: 'present',
  latency: 'card',
};

export const SIM_CARD_COMMANDS: CommandTable = {
  '+CPIN': {
    read: ({ state, info }) => {
      const { card } = state;
      const words: Readonly<Record<string, string>> = {
        ready: 'READY',
        pin: 'SIM PIN',
        puk: 'SIM PUK',
        locked: card.lock,
      };
      const word = words[card.state];
      if (word === undefined) return cardObstacle(card);
      info(`+CPIN: ${word}`);
      return 'OK';
    },
    set: enterPin,
    arity: [1, 2],
    test: '',
    latency: 'card',
  },
  '+CLCK': {
    set: lock,
    arity: [2, 4],
    test: '("AB","AC","AG","AI","AO","IR","OI","OX","SC","FD","PN","PU","PP","PC","PS")',
    latency: 'card',
  },
  '+CIMI': {
    exec: ({ state, info }) => {
      info(state.card.imsi);
      return 'OK';
    },
    test: '',
    needsCard: true,
    latency: 'card',
  },
  '+CNUM': {
    exec: ({ state, info }) => {
      if (state.card.number !== '') info(`+CNUM: "","${state.card.number}",129`);
      return 'OK';
    },
    test: '',
    needsCard: true,
    latency: 'card',
  },
  '+CRSM': { set: restrictedAccess, arity: [1, 7], test: '', needsCard: 'present', latency: 'card' },
  '+CSIM': { set: genericAccess, arity: [2, 2], test: '', needsCard: 'present', latency: 'card' },
};

/** 0 not inserted, 1 inserted, 2 inserted and PIN open, 3 phone book and messages ready too (Telit #QSS). */
export function cardStatus(card: SimCard): number {
  if (card.state === 'absent' || card.state === 'dead') return 0;
  return card.state === 'ready' ? 3 : 1;
}
