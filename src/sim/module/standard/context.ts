// Packet data: context definitions (NVM), logins, attach, activation, addresses (specs/modem.md 2.6). Context 1 comes up
// by itself with the registration, as the initial bearer of LTE does.
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
  says,
} from '../command.js';
import type { ModuleState, SessionSettings } from '../state.js';
import { isRegistered } from './registration.js';

const TYPES = ['IP', 'IPV6', 'IPV4V6', 'PPP', 'NON-IP'];
export const MAX_CONTEXT = 16;

export const definedIds = (state: ModuleState): number[] =>
  Object.keys(state.nvm.data.contexts)
    .map(Number)
    .sort((a, b) => a - b);

const DEFINE: CommandSpec = {
  read: ({ state, info }) => {
    for (const id of definedIds(state)) {
      const { type, apn } = state.nvm.data.contexts[id] ?? { type: 'IP', apn: '' };
      info(`+CGDCONT: ${id},"${type}","${apn}","",0,0`);
    }
    return 'OK';
  },
  set: ({ state }, [idText, type, apn = '']) => {
    const id = numberIn(idText, 1, MAX_CONTEXT);
    if (id === undefined) return { cme: CME.badParameters };
    const { contexts } = state.nvm.data;
    if (type === undefined)
      state.nvm.data.contexts = Object.fromEntries(Object.entries(contexts).filter(([key]) => key !== `${id}`));
    else if (!TYPES.includes(type.toUpperCase()) || apn.length > 100) return { cme: CME.badParameters };
    else contexts[id] = { ...contexts[id], type: type.toUpperCase(), apn };
    state.nvm.save();
    return 'OK';
  },
  arity: [1, 11],
  // One line for each type: daemons look for theirs.
  test: ({ info }) => {
    for (const type of ['IP', 'IPV6', 'IPV4V6']) info(`+CGDCONT: (1-${MAX_CONTEXT}),"${type}",,,(0-4),(0-4)`);
    return 'OK';
  },
  latency: 'store',
};

/** Does the stored login of a context satisfy the network? */
export function loginFits(state: ModuleState, id: number): boolean {
  const wanted = state.bearerLogin;
  if (!wanted) return true;
  const login = state.nvm.data.contexts[id]?.login;
  return login?.user === wanted.user && login.password === wanted.password;
}

/** Stores a login; method 0 takes it away. False: no such context or method. */
export function storeLogin(state: ModuleState, id: number, method: number, user: string, password: string): boolean {
  const context = state.nvm.data.contexts[id];
  if (!context || user.length > 127 || password.length > 127) return false;
  if (method === 0) delete context.login;
  else context.login = { method, user, password };
  state.nvm.save();
  return true;
}

/** `<cid>,<method>,<user>,<password>` with a name of its own per family; some take the password first. */
export const loginCommand = (name: string, maxMethod: number): CommandSpec => ({
  // The password is never read back.
  read: ({ state, info }) => {
    for (const id of definedIds(state)) {
      const login = state.nvm.data.contexts[id]?.login;
      info(`${name}: ${id},${login?.method ?? 0},"${login?.user ?? ''}",""`);
    }
    return 'OK';
  },
  set: ({ state }, [idText, methodText, first = '', second = '']) => {
    const id = numberIn(idText, 1, MAX_CONTEXT);
    const method = numberIn(methodText ?? '0', 0, maxMethod);
    if (id === undefined || method === undefined) return { cme: CME.badParameters };
    const [user, password] = state.quirks.passwordFirst ? [second, first] : [first, second];
    return storeLogin(state, id, method, user, password) ? 'OK' : { cme: CME.badParameters };
  },
  arity: [1, 4],
  test: `(1-${MAX_CONTEXT}),(0-${maxMethod}),127,127`,
  latency: 'store',
});

/** The family's numbers for what +CGACT says in standard ones. */
export interface ActivationErrors {
  failed: number;
  login: number;
}
const STANDARD_ERRORS: ActivationErrors = { failed: CME.activationFailed, login: CME.loginRefused };

/** Turns a context on or off; `inUse` is what an active one answers to being turned on. */
export function activate(
  context: CommandContext,
  id: number,
  isOn: boolean,
  inUse: Outcome,
  errors: ActivationErrors = STANDARD_ERRORS,
): Outcome {
  const { state } = context;
  if (state.nvm.data.contexts[id] === undefined) return { cme: CME.badParameters };
  if (!isOn) {
    context.setContext(id, false);
    return 'OK';
  }
  if (!isRegistered(state) || !state.isAttached) return { cme: errors.failed };
  if (state.activeContexts.has(id)) return inUse;
  if (!loginFits(state, id)) return { cme: errors.login };
  context.setContext(id, true);
  return 'OK';
}

const ACTIVATE: CommandSpec = {
  read: ({ state, info }) => {
    for (const id of definedIds(state)) info(`+CGACT: ${id},${state.activeContexts.has(id) ? 1 : 0}`);
    return 'OK';
  },
  set: (context, [onText, idText]) => {
    const on = numberIn(onText, 0, 1);
    if (on === undefined) return { cme: CME.badParameters };
    const ids = idText === undefined ? definedIds(context.state) : [numberIn(idText, 1, MAX_CONTEXT) ?? 0];
    for (const id of ids) {
      const outcome = activate(context, id, on === 1, 'OK');
      if (outcome !== 'OK') return outcome;
    }
    return 'OK';
  },
  arity: [1, 2],
  test: '(0,1)',
  latency: 'context',
  isAbortable: true,
};

/** The contexts a command names: the given one, or all defined. */
function chosen(state: ModuleState, idText: string | undefined): number[] {
  if (idText === undefined) return definedIds(state);
  const id = numberIn(idText, 1, MAX_CONTEXT);
  return id !== undefined && state.nvm.data.contexts[id] !== undefined ? [id] : [];
}

function addresses({ state, info }: CommandContext, [idText]: readonly string[]): Outcome {
  const ids = chosen(state, idText);
  if (ids.length === 0 && idText !== undefined) return { cme: CME.badParameters };
  const quote = state.quirks.quotesAddress ? '"' : '';
  for (const id of ids) {
    const second = state.nvm.data.contexts[id]?.type.includes('V6') === true ? state.ipv6Address : undefined;
    const both = [state.addressOf(id), ...(second === undefined ? [] : [second])].map((each) => quote + each + quote);
    info(state.activeContexts.has(id) ? `+CGPADDR: ${id},${both.join(',')}` : `+CGPADDR: ${id}`);
  }
  return 'OK';
}

function dynamicParameters({ state, info }: CommandContext, [idText]: readonly string[]): Outcome {
  const ids = chosen(state, idText).filter((id) => state.activeContexts.has(id));
  for (const id of ids) {
    const address = state.addressOf(id);
    const gateway = address.replace(/\d{1,3}$/, '1');
    const apn = state.nvm.data.contexts[id]?.apn ?? '';
    info(`+CGCONTRDP: ${id},${4 + id},"${apn}","${address}.255.255.255.0","${gateway}","192.0.2.53","192.0.2.54"`);
  }
  return 'OK';
}

const ATTACH: CommandSpec = {
  read: ({ state, info }) => {
    info(`+CGATT: ${state.isAttached ? 1 : 0}`);
    return 'OK';
  },
  set: (context, [onText]) => {
    const { state } = context;
    const on = numberIn(onText, 0, 1);
    if (on === undefined) return { cme: CME.badParameters };
    if (on === 1 && !isRegistered(state)) return { cme: CME.noService };
    if (on === 0) for (const id of [...state.activeContexts]) context.setContext(id, false);
    const wasAttached = state.isAttached;
    state.isAttached = on === 1;
    if (on === 1 && !wasAttached && loginFits(state, 1)) context.setContext(1, true);
    return 'OK';
  },
  arity: [1, 1],
  test: '(0,1)',
  latency: 'context',
};

export const CONTEXT_COMMANDS: CommandTable = {
  '+CGDCONT': DEFINE,
  '+CGACT': ACTIVATE,
  '+CGPADDR': {
    exec: addresses,
    set: addresses,
    test: ({ state, info }) => {
      info(`+CGPADDR: (${definedIds(state).join(',')})`);
      return 'OK';
    },
    latency: 'query',
  },
  '+CGCONTRDP': {
    exec: dynamicParameters,
    set: dynamicParameters,
    test: ({ state, info }) => {
      info(`+CGCONTRDP: (${[...state.activeContexts].join(',')})`);
      return 'OK';
    },
    latency: 'query',
  },
  '+CGATT': ATTACH,
  '+CGEREP': remembered('+CGEREP', '0,0', /^[0-2](,[01])?$/, '(0-2),(0,1)'),
  '+CGAUTH': loginCommand('+CGAUTH', 3),
  '+CGCLASS': {
    read: says('+CGCLASS: "B"').exec,
    set: (_context, [name]) => (name === 'B' ? 'OK' : { cme: CME.notSupported }),
    test: '("B")',
  },
  '+CGSMS': remembered('+CGSMS', '3', /^[0-3]$/, '(0-3)'),
};

/** The +CGEV line of a context that came or went, if the port wants it. */
export function contextUrcs(session: SessionSettings, id: number, isActive: boolean, byNetwork: boolean): string[] {
  const mode = session.remembered.get('+CGEREP') ?? '0,0';
  if (mode.startsWith('0')) return [];
  return [`+CGEV: ${byNetwork ? 'NW' : 'ME'} PDN ${isActive ? 'ACT' : 'DEACT'} ${id}`];
}
