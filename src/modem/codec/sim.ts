// The card beyond +CPIN: which lock it is, and whether it is in the holder at all (specs/modem.md 2.3).
import { bodyOf, intOf, splitFields, textsOf } from './fields.js';
import { parseCpin } from './identity.js';

const LOCKS: Readonly<Record<string, string>> = {
  'PH-SIM PIN': 'the module is locked to another SIM (PH-SIM PIN)',
  'PH-FSIM PIN': 'the module is locked to its first SIM (PH-FSIM PIN)',
  'PH-FSIM PUK': 'the module is locked to its first SIM (PH-FSIM PUK)',
  'PH-NET PIN': 'the module is locked to another network (PH-NET PIN)',
  'PH-NET PUK': 'the module is locked to another network (PH-NET PUK)',
  'PH-NETSUB PIN': 'the module is locked to a part of another network (PH-NETSUB PIN)',
  'PH-NETSUB PUK': 'the module is locked to a part of another network (PH-NETSUB PUK)',
  'PH-SP PIN': 'the module is locked to another service provider (PH-SP PIN)',
  'PH-SP PUK': 'the module is locked to another service provider (PH-SP PUK)',
  'PH-CORP PIN': 'the module is locked to another company (PH-CORP PIN)',
  'PH-CORP PUK': 'the module is locked to another company (PH-CORP PUK)',
};

/** What a lock of the module (not of the card) means, for a `+CPIN` line that parseCpin calls `other`. */
export function lockWords(line: string): string | undefined {
  const text = splitFields(bodyOf(line, '+CPIN') ?? '', 2)[0]?.text.toUpperCase();
  if (!text?.startsWith('PH-')) return undefined;
  return LOCKS[text] ?? `the module is locked (${text.slice(0, 24)})`;
}

export interface CardPresence {
  inserted: boolean;
  /** True when the card has been started and may be read. */
  ready?: boolean;
}

/** u-blox: 0 none, 1 PIN, 2 PIN blocked, 3 PUK blocked, 4 not working, 5 restricted, 6 working, 7 to 9 later steps. */
const UBLOX_READY = 5;

/**
 * Reports of a card that comes or goes: `#QSS: 0` (also `#QSS: <mode>,<status>`), `+QSIMSTAT: <on>,<in>`, `+QUSIM: 1`
 * (the card has been started, and which kind it is), `+UUSIMSTAT: 0`, `+CPIN: NOT INSERTED`. Undefined for other lines.
 */
export function parseCardPresence(line: string): CardPresence | undefined {
  const qss = intOf(textsOf(line, '#QSS', 4)?.at(-1));
  if (qss !== undefined)
    return qss === 0 ? { inserted: false } : { inserted: true, ...(qss > 1 ? { ready: true } : {}) };
  const quectel = textsOf(line, '+QSIMSTAT', 4);
  if (quectel?.[1] !== undefined) {
    // 2: not known yet.
    if (quectel[1] === '0' || quectel[1] === '1') return { inserted: quectel[1] === '1' };
    return undefined;
  }
  const kind = intOf(textsOf(line, '+QUSIM', 2)?.[0]);
  if (kind !== undefined) return { inserted: true, ready: true };
  const ublox = intOf(textsOf(line, '+UUSIMSTAT', 2)?.[0]);
  if (ublox !== undefined)
    return ublox === 0 ? { inserted: false } : { inserted: true, ...(ublox >= UBLOX_READY ? { ready: true } : {}) };
  const state = parseCpin(line);
  if (state === 'absent') return { inserted: false };
  if (state === 'ready') return { inserted: true, ready: true };
  return state === 'pin' || state === 'puk' ? { inserted: true } : undefined;
}
