// Any module that follows 3GPP 27.007: the base the families depart from.
import { parseActivation } from '../codec/context.js';
import { READ_ICCID_FILE } from '../codec/identity.js';
import type { AtCommand } from '../command.js';
import { numeral, quoted } from '../command.js';
import type { ContextLogin, Profile } from '../profile.js';

/** The number of a context as it may stand in a command. Errors: `modem.injection`. */
export const contextNumber = (contextId: number): string => numeral(contextId, 1, 16, 'bearer.contextId');

/** 1 PAP, 2 CHAP, the same in every dialect. */
export const loginMethod = ({ method }: ContextLogin): string => (method === 'pap' ? '1' : '2');

export const loginUser = ({ user }: ContextLogin): string => quoted(user, 'bearer.auth.user', 64);
export const loginPassword = ({ password }: ContextLogin): string =>
  quoted(password.reveal(), 'bearer.auth.password', 64);

/** `<command>=<context>,<method>,"user","password"`, or the other way round where a family has it so. */
export function loginCommand(name: string, login: ContextLogin, passwordFirst = false): AtCommand {
  const head = `AT${name}=${contextNumber(login.contextId)},${loginMethod(login)}`;
  const pair = [loginUser(login), loginPassword(login)];
  const text = [head, ...(passwordFirst ? pair.reverse() : pair)].join(',');
  return { text, shown: `${head},[secret]`, secrets: [login.password.reveal()] };
}

/** `+CGAUTH` of 27.007. */
export const standardLogin = (login: ContextLogin): AtCommand => loginCommand('+CGAUTH', login);

export const GENERIC: Profile = {
  name: 'generic',
  vendor: 'generic',
  usb: [],
  urcPrefixes: [],
  lateBootTexts: ['+PBREADY', 'PB DONE'],
  setup: ['AT+CTZU=1'],
  iccidCommands: ['AT+CCID', 'AT+ICCID', READ_ICCID_FILE],
  retryCounters: [],
  cell: [],
  clock: ['AT+CCLK?'],
  activation: [{ command: 'AT+CGACT?', parse: parseActivation }],
  activate: (contextId) => [`AT+CGACT=1,${contextNumber(contextId)}`],
  deactivate: (contextId) => [`AT+CGACT=0,${contextNumber(contextId)}`],
  alreadyActive: [],
  login: (login) => [standardLogin(login)],
  restart: 'AT+CFUN=1,1',
};
