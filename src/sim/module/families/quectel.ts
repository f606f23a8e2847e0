// Quectel EG25-G: the +Q commands and the texts of its boot (specs/modem.md 2.3 to 2.8, 4.2).
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
} from '../command.js';
import { formatTime, formatZone } from '../standard/clock.js';
import { activate, loginFits, MAX_CONTEXT, storeLogin } from '../standard/context.js';
import { clamp } from '../standard/network.js';
import { isRegistered } from '../standard/registration.js';
import { iccid } from '../standard/sim-card.js';
import type { ModuleState, SimCard, UrcPort } from '../state.js';
import { QUECTEL_GNSS_COMMANDS } from './quectel-gnss.js';

const ERRORS = { failed: 561, login: 561 };
const TYPES = ['', 'IP', 'IPV6', 'IPV4V6'];

function pinCounters({ state, info }: CommandContext, [facility]: readonly string[]): Outcome {
  if (facility !== undefined && facility !== 'SC' && facility !== 'P2') return { cme: CME.badParameters };
  if (facility !== 'P2') info(`+QPINC: "SC",${state.card.pinTries},${state.card.pukTries}`);
  if (facility !== 'SC') info('+QPINC: "P2",3,10');
  return 'OK';
}

/** Signal to noise as this family counts it: fifths of a dB from -20. */
const sinrSteps = (sinrDb: number): number => clamp(Math.round((sinrDb + 20) * 5), 250);

function quality({ state, info }: CommandContext): Outcome {
  const { signal } = state;
  info(
    isRegistered(state)
      ? `+QCSQ: "LTE",${signal.rssiDbm},${signal.rsrpDbm},${sinrSteps(signal.sinrDb)},${signal.rsrqDb}`
      : '+QCSQ: "NOSERVICE"',
  );
  return 'OK';
}

function engineering({ state, info }: CommandContext, [what]: readonly string[]): Outcome {
  if (what === 'neighbourcell') return 'OK';
  if (what !== 'servingcell') return { cme: CME.badParameters };
  const { operator, coverage, signal } = state;
  const plmn = `${operator.numeric.slice(0, 3)},${operator.numeric.slice(3)}`;
  const levels = `${signal.rsrpDbm},${signal.rsrqDb},${signal.rssiDbm},${Math.round(signal.sinrDb)}`;
  info(
    isRegistered(state)
      ? `+QENG: "servingcell","NOCONN","LTE","FDD",${plmn},${coverage.cellId},294,1850,3,5,5,${coverage.areaCode},${levels},38`
      : '+QENG: "servingcell","SEARCH"',
  );
  return 'OK';
}

function networkInformation({ state, info }: CommandContext): Outcome {
  info(
    isRegistered(state) ? `+QNWINFO: "FDD LTE","${state.operator.numeric}","LTE BAND 3",1850` : '+QNWINFO: No Service',
  );
  return 'OK';
}

/** The internal stack's use of a context is another thing than the context being up. */
const STACK_ON: CommandSpec = {
  read: ({ state, info }) => {
    for (const id of state.stackContexts) info(`+QIACT: ${id},1,1,"${state.addressOf(id)}"`);
    return 'OK';
  },
  set: (context, [idText]) => {
    const { state } = context;
    const id = numberIn(idText, 1, MAX_CONTEXT);
    if (id === undefined) return { cme: CME.badParameters };
    if (state.stackContexts.has(id)) return 'ERROR';
    const outcome = loginFits(state, id) ? activate(context, id, true, 'OK', ERRORS) : { cme: ERRORS.login };
    if (outcome === 'OK') state.stackContexts.add(id);
    return outcome;
  },
  arity: [1, 1],
  test: `(1-${MAX_CONTEXT})`,
  latency: 'context',
};

const STACK_OFF: CommandSpec = {
  set: (context, [idText]) => {
    const id = numberIn(idText, 1, MAX_CONTEXT);
    if (id === undefined) return { cme: CME.badParameters };
    context.state.stackContexts.delete(id);
    context.setContext(id, false);
    return 'OK';
  },
  arity: [1, 1],
  test: `(1-${MAX_CONTEXT})`,
  latency: 'context',
};

const STACK_SETTINGS: CommandSpec = {
  set: ({ state, info }, [idText, typeText, apn = '', user = '', password = '', methodText = '0']) => {
    const id = numberIn(idText, 1, MAX_CONTEXT);
    if (id === undefined) return { cme: CME.badParameters };
    const { contexts } = state.nvm.data;
    if (typeText === undefined) {
      const { type, apn: known, login } = contexts[id] ?? { type: 'IP', apn: '' };
      // The password is not shown.
      info(`+QICSGP: ${Math.max(1, TYPES.indexOf(type))},"${known}","${login?.user ?? ''}","",${login?.method ?? 0}`);
      return 'OK';
    }
    const type = TYPES[numberIn(typeText, 1, 3) ?? 0];
    const method = numberIn(methodText, 0, 3);
    if (type === undefined || type === '' || method === undefined || apn.length > 127)
      return { cme: CME.badParameters };
    contexts[id] = { type, apn };
    return storeLogin(state, id, method, user, password) ? 'OK' : { cme: CME.badParameters };
  },
  arity: [1, 6],
  test: `(1-${MAX_CONTEXT}),(1-3),<APN>,<username>,<password>,(0-3)`,
  latency: 'store',
};

/** 0 or nothing: when the network last told it; 1 now in GMT; 2 now in local time. The zone is behind either. */
function networkTime({ state, clock, info }: CommandContext, [mode = '0']: readonly string[]): Outcome {
  if (!['0', '1', '2'].includes(mode)) return { cme: CME.badParameters };
  if (!state.hasNetworkTime) info('+QLTS: ""');
  else {
    const time = formatTime(clock.wall(), mode === '2' ? state.zoneQuarters : 0, 4);
    info(`+QLTS: "${time}${formatZone(state.zoneQuarters)},0"`);
  }
  return 'OK';
}

const PORTS: Readonly<Record<string, UrcPort>> = { usbat: 'primary', usbmodem: 'secondary', all: 'both' };

function urcPort({ state, info }: CommandContext, [name, value]: readonly string[]): Outcome {
  if (name !== 'urcport') return { cme: CME.badParameters };
  if (value === undefined) {
    const [known = 'all'] = Object.entries(PORTS).find(([, port]) => port === state.urcPort) ?? [];
    info(`+QURCCFG: "urcport","${known}"`);
    return 'OK';
  }
  const port = PORTS[value];
  if (!port) return { cme: CME.badParameters };
  state.urcPort = port;
  return 'OK';
}

/** Stored settings by name; most take effect with the next start. */
const SETTINGS: Readonly<Record<string, readonly [initial: string, accepts: RegExp]>> = {
  usbnet: ['0', /^[0-3]$/],
  nwscanmode: ['0', /^[0-3]$/],
  nwscanseq: ['04030201', /^\d{2,8}$/],
  servicedomain: ['2', /^[0-2]$/],
  roamservice: ['255', /^(1|2|255)$/],
  dataformat: ['0,0', /^[01],[01]$/],
  viewmode: ['0', /^[01]$/],
};

function configuration({ state, info }: CommandContext, [name = '', ...values]: readonly string[]): Outcome {
  const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
  if (!setting) return { cme: CME.badParameters };
  const key = `+QCFG="${name}"`;
  if (values.length === 0) {
    info(`+QCFG: "${name}",${state.nvm.data.settings[key] ?? setting[0]}`);
    return 'OK';
  }
  const text = name === 'dataformat' ? values.join(',') : (values[0] ?? '');
  if (!setting[1].test(text)) return { cme: CME.badParameters };
  state.nvm.data.settings[key] = text;
  state.nvm.save();
  return 'OK';
}

const isInserted = (card: SimCard): boolean => card.state !== 'absent';
const SIM_STATUS = '+QSIMSTAT';

function powerDown({ urc, powerOff, afterFinal }: CommandContext): Outcome {
  afterFinal(() => {
    urc('POWERED DOWN');
    powerOff();
  });
  return 'OK';
}

export const QUECTEL_COMMANDS: CommandTable = {
  ...QUECTEL_GNSS_COMMANDS,
  '+QPINC': { read: pinCounters, set: pinCounters, arity: [1, 1], test: '("SC","P2")', needsCard: 'present' },
  '+QCSQ': { exec: quality, test: '("NOSERVICE","GSM","WCDMA","TDSCDMA","LTE")', latency: 'radio' },
  '+QENG': { set: engineering, arity: [1, 1], test: '("servingcell","neighbourcell")', latency: 'radio' },
  '+QNWINFO': { exec: networkInformation, test: '', latency: 'radio' },
  '+QIACT': STACK_ON,
  '+QIDEACT': STACK_OFF,
  '+QICSGP': STACK_SETTINGS,
  '+QIGETERROR': says('+QIGETERROR: 0,operate successfully'),
  '+QLTS': { exec: networkTime, set: networkTime, arity: [1, 1], test: '(0-2)', latency: 'query' },
  '+QCCID': { ...iccid('+QCCID'), read: iccid('+QCCID').exec ?? (() => 'ERROR') },
  '+ICCID': iccid('+ICCID'),
  '+QTEMP': {
    exec: ({ state, info }) => {
      info(`+QTEMP: ${state.temperatureC},${state.temperatureC - 2},${state.temperatureC - 1}`);
      return 'OK';
    },
    test: '',
  },
  '+QURCCFG': { set: urcPort, arity: [1, 2], test: '"urcport",("usbat","usbmodem","all")' },
  '+QCFG': { set: configuration, arity: [1, 8], test: '"nwscanmode",(0-3)', latency: 'store' },
  '+QINISTAT': {
    exec: ({ state, info }) => {
      info(`+QINISTAT: ${state.card.state === 'ready' ? 7 : 0}`);
      return 'OK';
    },
    test: '(0-7)',
  },
  [SIM_STATUS]: {
    read: ({ state, session, info }) => {
      info(`+QSIMSTAT: ${session.remembered.get(SIM_STATUS) ?? '0'},${isInserted(state.card) ? 1 : 0}`);
      return 'OK';
    },
    set: ({ session }, [mode]) => {
      if (numberIn(mode, 0, 1) === undefined) return { cme: CME.badParameters };
      session.remembered.set(SIM_STATUS, mode ?? '0');
      return 'OK';
    },
    arity: [1, 1],
    test: '(0,1)',
  },
  '+QSIMDET': remembered('+QSIMDET', '0,0', /^[01],[01]$/, '(0,1),(0,1)'),
  '+QUSIM': {
    read: ({ info }) => {
      info('+QUSIM: 1');
      return 'OK';
    },
  },
  '+QPOWD': {
    exec: powerDown,
    set: (context, [mode]) => (numberIn(mode, 0, 1) === undefined ? { cme: CME.badParameters } : powerDown(context)),
    arity: [1, 1],
    test: '(0,1)',
  },
  '+QGMR': {
    exec: ({ state, info }) => {
      info(`${state.identity.revision}_30.006.30.006`);
      return 'OK';
    },
  },
  '+QSCLK': remembered('+QSCLK', '0', /^[0-2]$/, '(0-2)'),
  '+QINDCFG': { set: () => 'OK', arity: [1, 3], test: '("all","csq","smsfull","ring","act"),(0,1),(0,1)' },
};

/** What the module says when its card is usable, and what when it is not. */
function cardTexts(card: SimCard): string[] {
  if (card.state === 'ready') return ['+CPIN: READY', '+QUSIM: 1', '+QIND: SMS DONE', '+QIND: PB DONE'];
  if (card.state === 'pin') return ['+CPIN: SIM PIN', '+QUSIM: 1'];
  if (card.state === 'puk') return ['+CPIN: SIM PUK', '+QUSIM: 1'];
  return card.state === 'absent' ? ['+CPIN: NOT INSERTED'] : ['+CPIN: NOT READY'];
}

export const QUECTEL: Family = {
  name: 'quectel',
  identity: { manufacturer: 'Quectel', model: 'EG25', revision: 'EG25GGBR07A08M2G' },
  times: { boot: 1500, card: 800, search: 1200, bearer: 150 },
  commands: QUECTEL_COMMANDS,
  identification({ manufacturer, model, revision }, n = 0) {
    return n === 0 ? [manufacturer, model, `Revision: ${revision}`] : undefined;
  },
  functionalities: [0, 1, 4],
  restarts: [],
  // This family answers OK to a command that was broken off.
  aborted: 'OK',
  unknownCommand: 'ERROR',
  wrongArity: 'ERROR',
  connect: 'CONNECT 150000000',
  errorTexts: {
    50: 'Incorrect parameters',
    550: 'Unknown error',
    552: 'Invalid parameters',
    561: 'Open PDP context failed',
    562: 'Close PDP context failed',
  },
  bootTexts: ['RDY', '+CFUN: 1'],
  cardBootTexts: cardTexts,
  cardUrcs(card, session, isSwap) {
    if (card.state === 'busy') return [];
    const isTold = isSwap && session.remembered.get(SIM_STATUS) === '1';
    const said = card.state === 'absent' ? ['+CPIN: NOT READY'] : cardTexts(card);
    return [...(isTold ? [`+QSIMSTAT: 1,${isInserted(card) ? 1 : 0}`] : []), ...said];
  },
  contextUrcs: (state: ModuleState, id) => (state.stackContexts.has(id) ? [`+QIURC: "pdpdeact",${id}`] : []),
  extendedError: (cause, words) => (cause === undefined ? 'No cause information available' : words),
};
