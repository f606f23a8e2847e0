// u-blox SARA-R510M8S: the +U commands, and a module that says nothing at boot (specs/modem.md 2.3 to 2.8).
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  type Family,
  numberIn,
  type Outcome,
  remembered,
  says,
  stored,
} from '../command.js';
import { activate, loginCommand, loginFits } from '../standard/context.js';
import { shutDown } from '../standard/general.js';
import { clamp } from '../standard/network.js';
import { isRegistered } from '../standard/registration.js';
import { iccid } from '../standard/sim-card.js';
import type { ModuleState, SimCard } from '../state.js';
import { CELL_LOCATE_COMMANDS } from './cell-locate.js';
import { LOCATION_ERROR_TEXTS } from './cell-locate-servers.js';

/** Activation failures that +CGACT tells in standard numbers, too. */
const ERRORS = { failed: 148, login: CME.loginRefused };
const PROFILE = '0';

const plmn = ({ operator }: ModuleState): string => `${operator.numeric.slice(0, 3)},${operator.numeric.slice(3)}`;
const rsrpIndex = ({ signal }: ModuleState): number => clamp(Math.round(signal.rsrpDbm) + 141, 97);
const rsrqIndex = ({ signal }: ModuleState): number => clamp(Math.round(2 * (signal.rsrqDb + 20)), 34);

/** Three lines: the mode, where, and the cell with indexed levels. */
const CELL_DETAILS: CommandSpec = {
  read: ({ state, session, info }) => {
    const mode = session.remembered.get('+UCGED') ?? '0';
    info(`+UCGED: ${mode}`);
    if (mode === '0') return 'OK';
    const { coverage, signal } = state;
    if (!isRegistered(state)) {
      info('6,0,,');
      info('65535,255,255,255,ffff,fffffff,65535,,,,255,255,255,255,255,255,255,255,255,0,255,255,0');
      return 'OK';
    }
    const [rsrp, rsrq] = [rsrpIndex(state), rsrqIndex(state)];
    info(`6,4,${plmn(state)}`);
    info(
      `2525,5,50,50,${coverage.areaCode.toLowerCase()},${coverage.cellId.toLowerCase()},1,d60814d1,8001,01,${rsrp},${rsrq},${signal.sinrDb.toFixed(2)},3,1,10,${rsrp},-50,-6,0,255,255,0`,
    );
    return 'OK';
  },
  set: ({ session }, [mode]) => {
    if (mode !== '0' && mode !== '2') return { cme: CME.badParameters };
    session.remembered.set('+UCGED', mode);
    return 'OK';
  },
  arity: [1, 1],
  test: '(0,2)',
  latency: 'radio',
};

function cellInfo({ state, info }: CommandContext): Outcome {
  const { coverage } = state;
  info(
    isRegistered(state)
      ? `+UCELLINFO: 0,3,${plmn(state)},${coverage.cellId},1,${coverage.areaCode},${rsrpIndex(state)},${rsrqIndex(state)},1,255,255,255,255,255,255`
      : '+UCELLINFO: 0,0',
  );
  return 'OK';
}

/** Internal profile 0: parameter 0 is the protocol, 100 the context it is mapped to. */
const PROFILE_SETTINGS: CommandSpec = {
  set: ({ state, session, info }, [profile, parameter, value]) => {
    if (profile !== PROFILE) return { cme: CME.badParameters };
    if (parameter === undefined) {
      info(`+UPSD: 0,0,${session.remembered.get('+UPSD') ?? '0'}`);
      info(`+UPSD: 0,100,${state.profileContext}`);
      return 'OK';
    }
    const protocol = parameter === '0' ? numberIn(value, 0, 3) : undefined;
    const contextId = parameter === '100' ? numberIn(value, 1, 8) : undefined;
    if (protocol !== undefined) session.remembered.set('+UPSD', `${protocol}`);
    else if (contextId !== undefined) state.profileContext = contextId;
    else return { cme: CME.badParameters };
    return 'OK';
  },
  arity: [1, 3],
  test: '(0),(0,100),(0-8)',
};

/** Action 3 activates (the result comes unsolicited), 4 deactivates. */
const PROFILE_ACTION: CommandSpec = {
  set: (context, [profile, action]) => {
    const { state } = context;
    const id = state.profileContext;
    if (profile !== PROFILE || !['3', '4'].includes(action ?? '')) return { cme: CME.badParameters };
    if (action === '4') {
      state.stackContexts.delete(id);
      return 'OK';
    }
    // An initial bearer that is up already needs its login, too.
    const outcome = loginFits(state, id) ? activate(context, id, true, 'OK', ERRORS) : { cme: ERRORS.login };
    if (outcome !== 'OK') return outcome;
    state.stackContexts.add(id);
    context.afterFinal(() => context.urc(`+UUPSDA: 0,"${state.addressOf(id)}"`));
    return 'OK';
  },
  arity: [2, 2],
  test: '(0),(0-4)',
  latency: 'context',
};

/** 0 the address, 1 and 2 the name servers, 8 the state. */
function profileStatus({ state, info }: CommandContext, [profile, parameter]: readonly string[]): Outcome {
  const isUp = state.stackContexts.has(state.profileContext);
  const values: Readonly<Record<string, string>> = {
    0: isUp ? `"${state.addressOf(state.profileContext)}"` : '"0.0.0.0"',
    1: isUp ? '"192.0.2.53"' : '"0.0.0.0"',
    2: isUp ? '"192.0.2.54"' : '"0.0.0.0"',
    8: isUp ? '1' : '0',
  };
  const value = values[parameter ?? ''];
  if (profile !== PROFILE || value === undefined) return { cme: CME.badParameters };
  info(`+UPSND: 0,${parameter ?? ''},${value}`);
  return 'OK';
}

/** +USIMSTAT and its line: 0 no card, 1 PIN asked, 3 PUK asked, 4 not operational, 6 operational. */
function simStatus(card: SimCard): number {
  const known: Readonly<Partial<Record<SimCard['state'], number>>> = { absent: 0, pin: 1, puk: 3, ready: 6 };
  return known[card.state] ?? 4;
}

export const UBLOX_COMMANDS: CommandTable = {
  '+UPINCNT': {
    exec: ({ state, info }) => {
      info(`+UPINCNT: ${state.card.pinTries},3,${state.card.pukTries},10`);
      return 'OK';
    },
    test: '',
    needsCard: 'present',
    latency: 'card',
  },
  '+CCID': { ...iccid('+CCID'), read: iccid('+CCID').exec ?? (() => 'ERROR') },
  '+UCGED': CELL_DETAILS,
  '+UCELLINFO': { read: cellInfo, set: () => 'OK', test: '(0,1)', latency: 'radio' },
  '+UPSD': PROFILE_SETTINGS,
  '+UPSDA': PROFILE_ACTION,
  '+UPSND': { set: profileStatus, arity: [2, 2], test: '(0),(0-8)', latency: 'query' },
  '+UAUTHREQ': loginCommand('+UAUTHREQ', 3),
  '+UIPADDR': {
    set: ({ state, info }, [idText]) => {
      const id = numberIn(idText, 1, 8);
      if (id === undefined) return { cme: CME.badParameters };
      info(`+UIPADDR: ${id},"ccinet0","${state.addressOf(id)}","255.255.255.0","",""`);
      return 'OK';
    },
    arity: [1, 1],
  },
  '+UTEMP': {
    read: ({ state, info }) => {
      info(`+UTEMP: ${state.temperatureC}`);
      return 'OK';
    },
    set: () => 'OK',
    test: '(0,1)',
  },
  '+URAT': stored('+URAT', '7', /^[0-9](,[0-9]){0,2}$/, '(7,8)'),
  '+UMNOPROF': stored('+UMNOPROF', '100', /^\d{1,3}(,\d){0,3}$/, '(0-6,19,38,100,101,102)'),
  '+UDCONF': {
    set: ({ session, info }, [option, value]) => {
      if (numberIn(option, 0, 255) === undefined) return { cme: CME.badParameters };
      const name = `+UDCONF=${option ?? ''}`;
      if (value === undefined) info(`+UDCONF: ${option ?? ''},${session.remembered.get(name) ?? '0'}`);
      else session.remembered.set(name, value);
      return 'OK';
    },
    arity: [1, 3],
    test: '(0-255),(0-255)',
  },
  '+USIMSTAT': remembered('+USIMSTAT', '0', /^\d{1,3}$/, '(0-7)'),
  '+UPSV': remembered('+UPSV', '0', /^[0-4](,\d{1,5})?$/, '(0-4),(40-65000)'),
  '+UGPIOC': { set: () => 'OK', test: '(16,23-27,42),(0-255)' },
  ...CELL_LOCATE_COMMANDS,
  '+CPWROFF': { exec: shutDown, latency: 'quick' },
  '+USOER': says('+USOER: 0'),
};

export const UBLOX: Family = {
  name: 'ublox',
  identity: { manufacturer: 'u-blox', model: 'SARA-R510M8S', revision: '02.06' },
  times: { boot: 2500, card: 500, search: 2500, bearer: 300 },
  commands: UBLOX_COMMANDS,
  identification({ manufacturer, model, revision, imei }, n = 0) {
    if (n === 0) return [`${model}-01B-00`];
    if (n === 9) return [`${revision},A00.01`];
    const lines = new Map([
      [1, imei],
      [3, manufacturer],
      [5, revision],
      [7, model],
    ]);
    const line = lines.get(n);
    return line === undefined ? undefined : [line];
  },
  functionalities: [0, 1, 4, 19, 127],
  restarts: [15, 16],
  aborted: 'ABORTED',
  unknownCommand: 'ERROR',
  wrongArity: { cme: CME.badParameters },
  connect: 'CONNECT',
  errorTexts: {
    ...LOCATION_ERROR_TEXTS,
    4: 'operation not supported',
    50: 'Incorrect parameters',
    148: 'unspecified GPRS error',
  },
  bootTexts: [],
  cardBootTexts: () => [],
  cardUrcs(card, session) {
    const isOn = (session.remembered.get('+USIMSTAT') ?? '0') !== '0';
    return isOn ? [`+UUSIMSTAT: ${simStatus(card)}`] : [];
  },
  contextUrcs: (state, id) => (state.stackContexts.has(id) && id === state.profileContext ? ['+UUPSDD: 0'] : []),
  extendedError: (cause, words) => (cause === undefined ? '"No report available"' : `"EMM cause",${cause},"${words}"`),
};
