// Commands of Telit's own: # and $ (specs/modem.md 2.3 to 2.8).
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
  stored,
} from '../command.js';
import { activate, definedIds, loginCommand, MAX_CONTEXT, storeLogin } from '../standard/context.js';
import { reboot, shutDown } from '../standard/general.js';
import { prefixed } from '../standard/identity.js';
import { isRegistered } from '../standard/registration.js';
import { cardStatus, iccid, RETRIES } from '../standard/sim-card.js';
import { DEVICE_WISE_COMMANDS } from './device-wise/index.js';
import { nmeaAngle, nmeaDate, nmeaTime } from './nmea-fields.js';

const ERRORS = { failed: CME.activationFailed, login: 556 };

const ACTIVATE: CommandSpec = {
  read: ({ state, info }) => {
    for (const id of definedIds(state)) info(`#SGACT: ${id},${state.activeContexts.has(id) ? 1 : 0}`);
    return 'OK';
  },
  set: (context, [idText, onText, user, password]) => {
    const id = numberIn(idText, 1, MAX_CONTEXT);
    const on = numberIn(onText, 0, 1);
    if (id === undefined || on === undefined) return { cme: CME.badParameters };
    if (user !== undefined && password !== undefined) storeLogin(context.state, id, 1, user, password);
    const outcome = activate(context, id, on === 1, { cme: CME.alreadyActive }, ERRORS);
    if (outcome === 'OK' && on === 1) context.info(`#SGACT: ${context.state.addressOf(id)}`);
    return outcome;
  },
  arity: [2, 4],
  test: `(1-${MAX_CONTEXT}),(0,1)`,
  latency: 'context',
};

function servingCell({ state, info }: CommandContext): Outcome {
  const { operator, signal, coverage, card } = state;
  if (!isRegistered(state)) {
    info('#RFSTS: ,,,,,,,,,,,,,,');
    return 'OK';
  }
  const plmn = `${operator.numeric.slice(0, 3)} ${operator.numeric.slice(3)}`;
  const levels = `${signal.rsrpDbm},${signal.rssiDbm},${signal.rsrqDb}`;
  info(
    `#RFSTS: "${plmn}",1850,${levels},${coverage.areaCode},255,,128,19,1,"${coverage.cellId}","${card.imsi}","${operator.longName}",3,3,3`,
  );
  return 'OK';
}

function monitor({ state, info }: CommandContext): Outcome {
  const { operator, signal, coverage } = state;
  info(
    isRegistered(state)
      ? `#MONI: ${operator.longName} RSRP:${signal.rsrpDbm} RSRQ:${signal.rsrqDb} TAC:${coverage.areaCode} Id:${coverage.cellId} EARFCN:1850 PWR:${signal.rssiDbm}dbm DRX:128`
      : '#MONI: Cc:??? Nc:?? RSRP:-0 RSRQ:-0 TAC:0 Id:0 EARFCN:0 PWR:0dbm DRX:0',
  );
  return 'OK';
}

function serving({ state, info }: CommandContext): Outcome {
  if (!isRegistered(state)) return { cme: CME.noService };
  const { operator, signal, coverage } = state;
  info(
    `#SERVINFO: 1850,${signal.rssiDbm},"${operator.longName}","${operator.numeric}",12A,${coverage.areaCode},128,3,${signal.rsrpDbm}`,
  );
  return 'OK';
}

/**
 * The composition with a network card: 4 on the LE910Cx, 1 on the -EUX that has ids of its own (its number is from
 * public field code, not from a manual).
 */
const ecmComposition = (model: string): string => (/-EUX\b/.test(model) ? '1' : '4');

/** The network card of the ECM composition, connected again after each registration. */
const ECM: CommandSpec = {
  read: ({ state, info }) => {
    info(`#ECM: 0,${state.cardContext === undefined ? 0 : 1}`);
    return 'OK';
  },
  set: (context, [idText, device]) => {
    const { state } = context;
    const id = numberIn(idText, 1, MAX_CONTEXT);
    if (id === undefined || (device ?? '0') !== '0') return { cme: CME.badParameters };
    if (state.booted['#USBCFG'] !== ecmComposition(state.identity.model)) return { cme: CME.notAllowed };
    const outcome = activate(context, id, true, 'OK', ERRORS);
    if (outcome === 'OK') state.cardContext = id;
    return outcome;
  },
  arity: [1, 2],
  test: `(1-${MAX_CONTEXT}),(0)`,
  latency: 'context',
};

function position({ state, clock, info }: CommandContext): Outcome {
  const { position: at } = state;
  const now = clock.wall();
  if (!state.isGnssOn) return { cme: CME.notAllowed };
  if (!at) info('$GPSACP: ,,,,,1,,,,,,');
  else {
    const place = `${nmeaAngle(at.latitudeDeg, 2)}${at.latitudeDeg < 0 ? 'S' : 'N'},${nmeaAngle(at.longitudeDeg, 3)}${at.longitudeDeg < 0 ? 'W' : 'E'}`;
    info(`$GPSACP: ${nmeaTime(now)},${place},0.9,${at.altitudeM.toFixed(1)},3,0.0,0.0,0.0,${nmeaDate(now)},08,05`);
  }
  return 'OK';
}

export const TELIT_COMMANDS: CommandTable = {
  ...DEVICE_WISE_COMMANDS,
  '#CGMI': prefixed('#CGMI', (identity) => identity.manufacturer),
  '#CGMM': prefixed('#CGMM', (identity) => identity.model),
  '#CGMR': prefixed('#CGMR', (identity) => identity.revision),
  '#CGSN': prefixed('#CGSN', (identity) => identity.imei),
  '#SWPKGV': {
    exec: ({ state, info }) => {
      info(`${state.identity.revision}-P0F.000000`);
      info(state.identity.revision);
      info('P0F.000000');
      return 'OK';
    },
  },
  '#REBOOT': { exec: reboot, latency: 'quick' },
  '#SHDN': { exec: shutDown, latency: 'quick' },
  '+CPWROFF': { exec: shutDown, latency: 'quick' },
  '#SELINT': remembered('#SELINT', '2', /^[0-2]$/, '(0-2)'),
  '#E2ESC': remembered('#E2ESC', '0', /^\d$/, '(0-10)'),
  '#SKIPESC': remembered('#SKIPESC', '0', /^[01]$/, '(0,1)'),
  '#PORTCFG': stored('#PORTCFG', '1', /^\d{1,2}$/, '(0-8)'),
  '#TEMPMON': {
    set: ({ state, info }, [mode]) => {
      if (mode === '1') info(`#TEMPMEAS: ${state.temperatureC > 80 ? 1 : 0},${state.temperatureC}`);
      return mode === '0' || mode === '1' ? 'OK' : { cme: CME.badParameters };
    },
    arity: [1, 5],
    test: '(0,1)',
  },
  '+CPINR': RETRIES,
  '+CCID': iccid('+CCID'),
  '#CCID': iccid('#CCID'),
  '+ICCID': iccid('+ICCID'),
  '#CIMI': {
    exec: ({ state, info }) => {
      info(`#CIMI: ${state.card.imsi}`);
      return 'OK';
    },
    test: '',
    needsCard: true,
    latency: 'card',
  },
  // Tries left of the code that is asked for now.
  '#PCT': {
    exec: ({ state, info }) => {
      info(`#PCT: ${state.card.state === 'puk' ? state.card.pukTries : state.card.pinTries}`);
      return 'OK';
    },
    needsCard: 'present',
    latency: 'card',
  },
  '#QSS': {
    read: ({ state, session, info }) => {
      info(`#QSS: ${session.remembered.get('#QSS') ?? '0'},${cardStatus(state.card)}`);
      return 'OK';
    },
    set: ({ session }, [mode]) => {
      if (numberIn(mode, 0, 3) === undefined) return { cme: CME.badParameters };
      session.remembered.set('#QSS', mode ?? '0');
      return 'OK';
    },
    arity: [1, 1],
    test: '(0-3)',
  },
  '#RFSTS': { exec: servingCell, test: '', latency: 'radio' },
  '#MONI': { exec: monitor, read: monitor, set: () => 'OK', test: '(0-7,9)', latency: 'radio' },
  '#SERVINFO': { exec: serving, test: '', latency: 'radio' },
  '#NITZ': remembered('#NITZ', '7,0', /^\d{1,2}(,[01])?$/, '(0-15),(0,1)'),
  '#PSNT': {
    read: ({ state, session, info }) => {
      info(`#PSNT: ${session.remembered.get('#PSNT') ?? '0'},${isRegistered(state) ? 4 : 5}`);
      return 'OK';
    },
    set: ({ session }, [mode]) => {
      if (numberIn(mode, 0, 1) === undefined) return { cme: CME.badParameters };
      session.remembered.set('#PSNT', mode ?? '0');
      return 'OK';
    },
    arity: [1, 1],
    test: '(0,1)',
  },
  '#SGACT': ACTIVATE,
  '#PDPAUTH': loginCommand('#PDPAUTH', 2),
  '#USBCFG': stored('#USBCFG', '0', /^([0-9]|1[0-4])$/, '(0-14)'),
  '#ECM': ECM,
  '#ECMD': {
    set: ({ state }) => {
      state.cardContext = undefined;
      return 'OK';
    },
    arity: [1, 1],
    test: '(0)',
  },
  $GPSP: {
    read: ({ state, info }) => {
      info(`$GPSP: ${state.isGnssOn ? 1 : 0}`);
      return 'OK';
    },
    set: ({ state }, [mode]) => {
      const on = numberIn(mode, 0, 1);
      if (on === undefined) return { cme: CME.badParameters };
      // A second time the same is an error on this family.
      if (state.isGnssOn === (on === 1)) return { cme: CME.notAllowed };
      state.isGnssOn = on === 1;
      return 'OK';
    },
    arity: [1, 1],
    test: '(0,1)',
  },
  $GPSACP: { exec: position, read: position, test: '', latency: 'query' },
  $GPSNMUN: remembered('$GPSNMUN', '0,0,0,0,0,0,0', /^[0-3](,[01]){0,6}$/, '(0-3),(0,1),(0,1),(0,1),(0,1),(0,1),(0,1)'),
};
