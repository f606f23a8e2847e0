// Words for the numbers of +CME and +CMS errors: those of 27.007 9.2 and 27.005 3.2.5, and what vendors put from 550 on,
// where the same number means different things (specs/modem.md 1.2).
import type { Vendor } from '../profile.js';

type Names = Readonly<Record<number, string>>;

export const CME_NAMES: Names = {
  0: 'phone failure',
  1: 'no connection to phone',
  2: 'phone-adaptor link reserved',
  3: 'operation not allowed',
  4: 'operation not supported',
  5: 'PH-SIM PIN required',
  6: 'PH-FSIM PIN required',
  7: 'PH-FSIM PUK required',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  15: 'SIM wrong',
  16: 'incorrect password',
  17: 'SIM PIN2 required',
  18: 'SIM PUK2 required',
  20: 'memory full',
  21: 'invalid index',
  22: 'not found',
  23: 'memory failure',
  24: 'text string too long',
  25: 'invalid characters in text string',
  26: 'dial string too long',
  27: 'invalid characters in dial string',
  30: 'no network service',
  31: 'network timeout',
  32: 'network not allowed - emergency calls only',
  40: 'network personalisation PIN required',
  41: 'network personalisation PUK required',
  42: 'network subset personalisation PIN required',
  43: 'network subset personalisation PUK required',
  44: 'service provider personalisation PIN required',
  45: 'service provider personalisation PUK required',
  46: 'corporate personalisation PIN required',
  47: 'corporate personalisation PUK required',
  48: 'hidden key required',
  49: 'EAP method not supported',
  50: 'incorrect parameters',
  51: 'command implemented but currently disabled',
  52: 'command aborted by user',
  53: 'not attached to network due to restrictions of the module',
  54: 'modem not allowed - emergency calls only',
  55: 'operation not allowed because of restrictions of the module',
  56: 'fixed dial number only - not a permitted number',
  57: 'temporarily out of service due to other usage',
  58: 'language or alphabet not supported',
  100: 'unknown',
  103: 'illegal MS',
  106: 'illegal ME',
  107: 'GPRS services not allowed',
  108: 'GPRS and non GPRS services not allowed',
  111: 'PLMN not allowed',
  112: 'location area not allowed',
  113: 'roaming not allowed in this location area',
  114: 'GPRS services not allowed in this PLMN',
  115: 'no suitable cells in location area',
  122: 'congestion',
  125: 'not authorized for this CSG',
  126: 'insufficient resources',
  127: 'missing or unknown APN',
  128: 'unknown PDP address or PDP type',
  129: 'user authentication failed',
  130: 'activation rejected by GGSN or gateway',
  131: 'activation rejected, unspecified',
  132: 'service option not supported',
  133: 'requested service option not subscribed',
  134: 'service option temporarily out of order',
  140: 'feature not supported',
  148: 'unspecified GPRS error',
  149: 'PDP authentication failure',
  150: 'invalid mobile class',
  171: 'last PDN disconnection not allowed',
};

const TELIT: Names = {
  126: 'operation temporarily not allowed',
  550: 'generic undocumented error',
  551: 'wrong state',
  552: 'wrong mode',
  553: 'context already activated',
  554: 'stack already active',
  555: 'activation failed',
  556: 'context not opened',
  557: 'cannot set up socket',
  558: 'cannot resolve name',
  559: 'time-out in opening socket',
  560: 'cannot open socket',
  561: 'remote disconnected or time-out',
  562: 'connection failed',
  563: 'transmission error',
  564: 'already listening',
  565: 'socket disconnection',
  566: 'cannot resume socket',
  567: 'IP version incompatible',
};

const QUECTEL: Names = {
  550: 'unknown error',
  551: 'operation blocked',
  552: 'invalid parameters',
  553: 'memory not enough',
  554: 'create socket failed',
  555: 'operation not supported',
  556: 'socket bind failed',
  557: 'socket listen failed',
  558: 'socket write failed',
  559: 'socket read failed',
  560: 'socket accept failed',
  561: 'open PDP context failed',
  562: 'close PDP context failed',
  563: 'socket identity has been used',
  564: 'DNS busy',
  565: 'DNS parse failed',
  566: 'socket connect failed',
  567: 'socket has been closed',
  568: 'operation busy',
  569: 'operation timeout',
  570: 'PDP context broken down',
  571: 'cancel send',
  572: 'operation not allowed',
  573: 'APN not configured',
  574: 'port busy',
};

const UBLOX: Names = {
  1702: 'invalid operation with GPS on',
  1703: 'invalid operation with GPS off',
  1704: 'invalid GPS aiding mode',
  1712: 'invalid parameter',
  1713: 'invalid operation with LOC running / GPS busy',
};

export const CMS_NAMES: Names = {
  300: 'ME failure',
  301: 'SMS service of ME reserved',
  302: 'operation not allowed',
  303: 'operation not supported',
  304: 'invalid PDU mode parameter',
  305: 'invalid text mode parameter',
  310: 'SIM not inserted',
  311: 'SIM PIN required',
  312: 'PH-SIM PIN required',
  313: 'SIM failure',
  314: 'SIM busy',
  315: 'SIM wrong',
  316: 'SIM PUK required',
  317: 'SIM PIN2 required',
  318: 'SIM PUK2 required',
  320: 'memory failure',
  321: 'invalid index',
  322: 'memory full',
  330: 'SMSC address unknown',
  331: 'no network service',
  332: 'network timeout',
  340: 'no acknowledgement expected',
  500: 'unknown',
};

const BY_VENDOR: Readonly<Partial<Record<Vendor, Names>>> = { telit: TELIT, ublox: UBLOX, quectel: QUECTEL };

/** The word for a CME number; without a vendor the numbers from 500 on have none. */
export function cmeName(number: number, vendor?: Vendor): string | undefined {
  return (vendor === undefined ? undefined : BY_VENDOR[vendor]?.[number]) ?? CME_NAMES[number];
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

const byText = (names: Names): [string, number][] => Object.entries(names).map(([n, name]) => [plain(name), Number(n)]);

/** Texts as modules print them, where they differ from the words above. The first table to use a word keeps it. */
const BY_TEXT: ReadonlyMap<string, number> = new Map([
  ...byText(TELIT),
  ...byText(CME_NAMES),
  ...Object.entries({
    invalidmemoryindex: 21,
    incorrectparameter: 50,
    invalidparameter: 50,
    unknownerror: 100,
    serviceoperationnotsupported: 132,
    operationtemporarynotallowed: 126,
    cannotresolvedn: 558,
    cannotsetupsocket: 557,
    gpsbusy: 1713,
    invalidoperationwithlocrunninggpsbusy: 1713,
  }),
]);

/** The number behind an error that was printed as text, in any case and punctuation. */
export function cmeNumberOf(text: string): number | undefined {
  return BY_TEXT.get(plain(text.slice(0, 80)));
}
