// Packet data: context definitions (NVM), attach, activation, addresses (specs/modem.md 2.6). Context 1 comes up by
// itself with the registration, as the initial bearer of LTE does.
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
} from './command.js';
import { isRegistered } from './network.js';
import type { ModuleState } from './state.js';

const TYPES = ['IP', 'IPV6', 'IPV4V6', 'PPP', 'NON-IP'];
const MAX_CONTEXT = 16;

const definedIds = (state: ModuleState): number[] =>
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
    else contexts[id] = { type: type.toUpperCase(), apn };
    state.nvm.save();
    return 'OK';
  },
  test: `(1-${MAX_CONTEXT}),"IPV4V6",,,(0-4),(0-4)`,
  latency: 'store',
};

/** Turns a context on or off; `inUse` is what an active one answers to being turned on. */
function activate(context: CommandContext, id: number, isOn: boolean, inUse: Outcome): Outcome {
  const { state } = context;
  if (state.nvm.data.contexts[id] === undefined) return { cme: CME.badParameters };
  if (!isOn) {
    context.setContext(id, false);
    return 'OK';
  }
  if (!isRegistered(state) || !state.isAttached) return { cme: CME.activationFailed };
  if (state.activeContexts.has(id)) return inUse;
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
  test: '(0,1)',
  latency: 'context',
  isAbortable: true,
};

const TELIT_ACTIVATE: CommandSpec = {
  read: ({ state, info }) => {
    for (const id of definedIds(state)) info(`#SGACT: ${id},${state.activeContexts.has(id) ? 1 : 0}`);
    return 'OK';
  },
  set: (context, [idText, onText]) => {
    const id = numberIn(idText, 1, MAX_CONTEXT);
    const on = numberIn(onText, 0, 1);
    if (id === undefined || on === undefined) return { cme: CME.badParameters };
    const outcome = activate(context, id, on === 1, { cme: CME.alreadyActive });
    if (outcome === 'OK' && on === 1) context.info(`#SGACT: ${context.state.addressOf(id)}`);
    return outcome;
  },
  test: `(1-${MAX_CONTEXT}),(0,1)`,
  latency: 'context',
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
  for (const id of ids)
    info(state.activeContexts.has(id) ? `+CGPADDR: ${id},"${state.addressOf(id)}"` : `+CGPADDR: ${id}`);
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
    if (on === 1 && !wasAttached) context.setContext(1, true);
    return 'OK';
  },
  test: '(0,1)',
  latency: 'context',
};

export const CONTEXT_COMMANDS: CommandTable = {
  '+CGDCONT': DEFINE,
  '+CGACT': ACTIVATE,
  '#SGACT': TELIT_ACTIVATE,
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
  '+CGAUTH': { set: () => 'OK', test: '(1-16),(0-3)', latency: 'store' },
  '#PDPAUTH': { set: () => 'OK', test: '(1-16),(0-2)', latency: 'store' },
};

/** The +CGEV line of a context that came or went, if reporting is on. */
export function contextUrcs(state: ModuleState, id: number, isActive: boolean, byNetwork: boolean): string[] {
  const mode = state.session.remembered.get('+CGEREP') ?? '0,0';
  if (mode.startsWith('0')) return [];
  return [`+CGEV: ${byNetwork ? 'NW' : 'ME'} PDN ${isActive ? 'ACT' : 'DEACT'} ${id}`];
}
