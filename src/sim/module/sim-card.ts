// The SIM card: PIN and PUK with their counters, numbers, elementary files (specs/modem.md 2.3).
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome } from './command.js';
import type { SimCard } from './state.js';

/** Why the card cannot be used now, as a final result; undefined when it can. */
export function cardObstacle(card: SimCard): Outcome | undefined {
  const errors = {
    absent: CME.notInserted,
    busy: CME.cardBusy,
    ready: undefined,
    pin: CME.pinRequired,
    puk: CME.pukRequired,
    dead: CME.cardFailure,
  } as const;
  const cme = errors[card.state];
  return cme === undefined ? undefined : { cme };
}

/** What the card asks for right after power-on. */
export function wokenCard(card: SimCard): SimCard['state'] {
  if (card.state === 'absent' || card.state === 'dead') return card.state;
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

function enterPin({ state, updateRadio }: CommandContext, args: readonly string[]): Outcome {
  const { card } = state;
  const [code, newPin] = args;
  if (code === undefined) return { cme: CME.badParameters };
  if (card.state !== 'pin' && card.state !== 'puk')
    return card.state === 'ready' ? { cme: CME.notAllowed } : (cardObstacle(card) ?? 'ERROR');
  const outcome = card.state === 'pin' ? tryPin(card, code) : tryPuk(card, code, newPin);
  if (outcome === 'OK') {
    card.state = 'ready';
    updateRadio();
  }
  return outcome;
}

function lock({ state, info }: CommandContext, args: readonly string[]): Outcome {
  const [facility, mode, pin] = args;
  const { card } = state;
  if (facility !== 'SC') return mode === '2' ? { cme: CME.notSupported } : { cme: CME.notAllowed };
  if (card.state === 'absent' || card.state === 'dead') return cardObstacle(card) ?? 'ERROR';
  if (mode === '2') {
    info(`+CLCK: ${card.isPinEnabled ? 1 : 0}`);
    return 'OK';
  }
  if ((mode !== '0' && mode !== '1') || pin === undefined) return { cme: CME.badParameters };
  if (card.state !== 'ready') return cardObstacle(card) ?? 'ERROR';
  const outcome = tryPin(card, pin);
  if (outcome === 'OK') card.isPinEnabled = mode === '1';
  return outcome;
}

/** Two digits a byte, low nibble first, as cards store numbers. */
const swapped = (digits: string): string => {
  const padded = digits.length % 2 === 0 ? digits : `${digits}F`;
  return padded.replace(/(.)(.)/g, '$2$1');
};

/** Elementary files by their decimal id: ICCID, IMSI, administrative data. */
function elementaryFile(card: SimCard, id: string | undefined): string | undefined {
  if (id === '12258') return swapped(card.iccid);
  // Length, then parity nibble 9 (odd number of digits) and the digits.
  if (id === '28423') return `08${swapped(`9${card.imsi}`)}`;
  if (id === '28589') return '00000002';
  return undefined;
}

function restrictedAccess({ state, info }: CommandContext, args: readonly string[]): Outcome {
  const [command, file] = args;
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
  // VERIFY without data asks for the tries left; anything else is a file this card does not have.
  const tries = apdu.startsWith('002000') ? state.card.pinTries : undefined;
  const word = tries === undefined ? '6A82' : tries === 0 ? '6983' : `63C${tries}`;
  info(`+CSIM: 4,"${word}"`);
  return 'OK';
}

const iccid = (prefix: string) => ({
  exec: ({ state, info }: CommandContext): Outcome => {
    info(`${prefix}: ${state.card.iccid}`);
    return 'OK';
  },
  test: '',
  needsCard: true,
  latency: 'card' as const,
});

export const SIM_CARD_COMMANDS: CommandTable = {
  '+CPIN': {
    read: ({ state, info }) => {
      const words: Readonly<Record<string, string>> = { ready: 'READY', pin: 'SIM PIN', puk: 'SIM PUK' };
      const word = words[state.card.state];
      if (word === undefined) return cardObstacle(state.card);
      info(`+CPIN: ${word}`);
      return 'OK';
    },
    set: enterPin,
    test: '',
    latency: 'card',
  },
  '#PCT': {
    exec: ({ state, info }) => {
      const { card } = state;
      if (card.state === 'absent' || card.state === 'dead') return cardObstacle(card) ?? 'ERROR';
      info(`#PCT: ${card.state === 'puk' ? card.pukTries : card.pinTries}`);
      return 'OK';
    },
    latency: 'card',
  },
  '+CPINR': {
    exec: ({ state, info }) => {
      const { card } = state;
      if (card.state === 'absent' || card.state === 'dead') return cardObstacle(card) ?? 'ERROR';
      info(`+CPINR: SIM PIN,${card.pinTries},3`);
      info(`+CPINR: SIM PUK,${card.pukTries},10`);
      info('+CPINR: SIM PIN2,3,3');
      info('+CPINR: SIM PUK2,10,10');
      return 'OK';
    },
    test: '',
    latency: 'card',
  },
  '+CLCK': {
    set: lock,
    test: '("AB","AC","AG","AI","AO","IR","OI","OX","SC","FD","PN","PU","PP","PC","PS")',
    latency: 'card',
  },
  '+CCID': iccid('+CCID'),
  '#CCID': iccid('#CCID'),
  '+ICCID': iccid('+ICCID'),
  '+CIMI': {
    exec: ({ state, info }) => {
      info(state.card.imsi);
      return 'OK';
    },
    test: '',
    needsCard: true,
    latency: 'card',
  },
  '#CIMI': {
    exec: ({ state, info }) => {
      info(`#CIMI: ${state.card.imsi}`);
      return 'OK';
    },
    test: '',
    needsCard: true,
    latency: 'card',
  },
  '+CNUM': { exec: () => 'OK', test: '', needsCard: true, latency: 'card' },
  '+CRSM': { set: restrictedAccess, test: '', needsCard: true, latency: 'card' },
  '+CSIM': { set: genericAccess, test: '', latency: 'card' },
  // 0 not inserted, 1 inserted, 2 inserted and PIN open, 3 phone book and messages ready too.
  '#QSS': {
    read: ({ state, info }) => {
      const mode = state.session.remembered.get('#QSS') ?? '0';
      info(`#QSS: ${mode},${cardStatus(state.card)}`);
      return 'OK';
    },
    set: ({ state }, [mode]) => {
      if (numberIn(mode, 0, 3) === undefined) return { cme: CME.badParameters };
      state.session.remembered.set('#QSS', mode ?? '0');
      return 'OK';
    },
    test: '(0-3)',
  },
};

export function cardStatus(card: SimCard): number {
  if (card.state === 'absent' || card.state === 'dead') return 0;
  return card.state === 'ready' ? 3 : 1;
}
