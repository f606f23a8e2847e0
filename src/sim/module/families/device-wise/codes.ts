// The client's own error codes, and which +CME ERROR stands for them (specs/devicewise.md 1.6, 1.10: the mapping is not
// public).
import type { DeviceWiseKnobs } from '../../device-wise.js';
import { CME, type Outcome } from '../../results.js';

export const DW = {
  badParameters: -18001,
  stopped: -18003,
  unknownCommand: -18004,
  timedOut: -18005,
  invalidJson: -18007,
  notConnected: -18010,
  tcpTimeout: -18012,
  alreadyStarted: -18013,
  alreadyStopped: -18014,
  stopping: -18022,
  inboxFull: -18101,
  unknownMode: -18102,
  noSuchMessage: -18103,
  modeMismatch: -18104,
  execFailed: -18107,
  unevenParameters: -18108,
  execBusy: -18109,
  connackType: -18201,
  connackUnknown: -18203,
  idRejected: -18205,
  serverUnavailable: -18206,
  badLogin: -18207,
  notAuthorised: -18208,
  connectFailed: -18304,
  tlsConnect: -18310,
  hostNotFound: -18315,
  receiveFailed: -18323,
  shutDown: -18324,
  tooManyParameters: -19001,
} as const;

/** What a CONNACK that is no welcome means. 1 comes through as it is: a bug of the client. */
export function codeOfConnack(code: number, { authFailCode }: DeviceWiseKnobs): number {
  if (authFailCode !== undefined && (code === 2 || code === 4 || code === 5)) return authFailCode;
  const codes = [0, 1, DW.idRejected, DW.serverUnavailable, DW.badLogin, DW.notAuthorised];
  return codes[code] ?? DW.connackUnknown;
}

/** What an attempt to reach the server failed with. */
export function codeOfDialError(error: unknown, isTls: boolean): number {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return DW.hostNotFound;
  if (code === 'ETIMEDOUT') return DW.tcpTimeout;
  if (isTls && /TLS|SSL|CERT|ISSUER|SIGNATURE|EPROTO|ECONNRESET/.test(code)) return DW.tlsConnect;
  return DW.connectFailed;
}

const NUMBERS = new Map<number, number>([
  [DW.badParameters, CME.badParameters],
  [DW.invalidJson, CME.badParameters],
  [DW.unevenParameters, CME.badParameters],
  [DW.unknownMode, CME.badParameters],
  [DW.tooManyParameters, CME.badParameters],
  [DW.alreadyStarted, CME.notAllowed],
  [DW.alreadyStopped, CME.notAllowed],
  [DW.stopped, CME.notAllowed],
  [DW.notConnected, CME.notAllowed],
  [DW.noSuchMessage, CME.notFound],
  [DW.modeMismatch, CME.notFound],
  [DW.hostNotFound, 558],
  [DW.tcpTimeout, 559],
  [DW.connectFailed, 560],
  [DW.tlsConnect, 839],
]);
const UNKNOWN = 100;

/** The final result of a command that failed so. */
export const failure = (code: number, { errorForm }: DeviceWiseKnobs): Outcome =>
  errorForm === 'bare' ? 'ERROR' : { cme: NUMBERS.get(code) ?? UNKNOWN };
