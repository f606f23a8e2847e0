// Registration, operator, signal and clock commands (specs/modem.md 2.4, 2.5, 2.7).
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
} from './command.js';
import type { ModuleState } from './state.js';

export const REGISTRATION_COMMANDS = ['+CREG', '+CGREG', '+CEREG'] as const;
export type RegistrationCommand = (typeof REGISTRATION_COMMANDS)[number];

const MAX_MODE = { '+CREG': 3, '+CGREG': 3, '+CEREG': 5 } as const;

export const isRegistered = (state: ModuleState): boolean => state.registration === 1 || state.registration === 5;

const modeOf = (state: ModuleState, name: RegistrationCommand): number =>
  Number(state.session.remembered.get(name) ?? '0');

/** `<stat>` and, from mode 2 on, where; mode 3 adds why not, mode 4 the power saving fields. */
function registrationFields(state: ModuleState, name: RegistrationCommand, mode: number): string {
  const { coverage } = state;
  const stat = name === '+CREG' && coverage.isDataOnly ? 0 : state.registration;
  if (mode < 2) return `${stat}`;
  const isPlaced = stat === 1 || stat === 5;
  const place = isPlaced ? `,"${coverage.areaCode}","${coverage.cellId}",${coverage.technology}` : '';
  const cause = mode % 2 === 1 && stat === 3 ? `${place === '' ? ',,,' : place},0,${coverage.rejectCause}` : place;
  return `${stat}${cause}${mode >= 4 && isPlaced ? ',,,"00000000","00000000"' : ''}`;
}

/** The unsolicited lines that a change of registration causes under the present modes. */
export function registrationUrcs(state: ModuleState): string[] {
  return REGISTRATION_COMMANDS.flatMap((name) => {
    const mode = modeOf(state, name);
    return mode === 0 ? [] : [`${name}: ${registrationFields(state, name, mode)}`];
  });
}

const registration = (name: RegistrationCommand): CommandSpec => ({
  read: ({ state, info }) => {
    const mode = modeOf(state, name);
    info(`${name}: ${mode},${registrationFields(state, name, mode)}`);
    return 'OK';
  },
  set: ({ state }, [mode]) => {
    if (numberIn(mode, 0, MAX_MODE[name]) === undefined) return { cme: CME.badParameters };
    state.session.remembered.set(name, mode ?? '0');
    return 'OK';
  },
  test: `(0-${MAX_MODE[name]})`,
  latency: 'query',
});

/** A walk of at most 1.5 dB around the configured level, so that two polls rarely agree. */
const walked = (dbm: number, random: number): number => Math.round(dbm + (random - 0.5) * 3);
const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, value));

function signalQuality({ state, info, random }: CommandContext): Outcome {
  const index = clamp(Math.round((walked(state.signal.rssiDbm, random()) + 113) / 2), 31);
  info(isRegistered(state) ? `+CSQ: ${index},0` : '+CSQ: 99,99');
  return 'OK';
}

function extendedQuality({ state, info, random }: CommandContext): Outcome {
  const rsrp = clamp(walked(state.signal.rsrpDbm, random()) + 141, 97);
  const rsrq = clamp(Math.round(2 * (state.signal.rsrqDb + 20)), 34);
  info(isRegistered(state) ? `+CESQ: 99,99,255,255,${rsrq},${rsrp}` : '+CESQ: 99,99,255,255,255,255');
  return 'OK';
}

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

function operatorName(state: ModuleState): string {
  const { operator, session } = state;
  return [operator.longName, operator.shortName, operator.numeric][session.copsFormat] ?? operator.numeric;
}

const COPS: CommandSpec = {
  read: ({ state, info }) => {
    info(
      isRegistered(state)
        ? `+COPS: ${state.selection},${state.session.copsFormat},"${operatorName(state)}",${state.coverage.technology}`
        : `+COPS: ${state.selection}`,
    );
    return 'OK';
  },
  set: ({ state, updateRadio }, [mode, format, name]) => {
    const selection = numberIn(mode, 0, 4);
    if (selection === undefined) return { cme: CME.badParameters };
    if (format !== undefined && format !== '') {
      const value = numberIn(format, 0, 2);
      if (value === undefined) return { cme: CME.badParameters };
      state.session.copsFormat = value;
    }
    if (selection === 3) return 'OK';
    const names = [state.operator.longName, state.operator.shortName, state.operator.numeric];
    if ((selection === 1 || selection === 4) && !names.includes(name ?? '')) return { cme: CME.noService };
    state.selection = selection === 4 ? 1 : selection;
    updateRadio();
    return 'OK';
  },
  test: ({ state, info }) => {
    const { longName, shortName, numeric } = state.operator;
    const own = `(${isRegistered(state) ? 2 : 1},"${longName}","${shortName}","${numeric}",${state.coverage.technology})`;
    info(`+COPS: ${own},(3,"Other, Network","Other","00102",7),,(0,1,2,3,4),(0,1,2)`);
    return 'OK';
  },
  latency: 'radio',
  isAbortable: true,
};

const pad = (value: number): string => `${value}`.padStart(2, '0');

/** `yy/MM/dd,hh:mm:ss±zz` of local time; zz counts quarters of an hour. */
export function formatClock(utcMs: number, zoneQuarters: number): string {
  const local = new Date(utcMs + zoneQuarters * 900_000);
  const date = [local.getUTCFullYear() % 100, local.getUTCMonth() + 1, local.getUTCDate()].map(pad).join('/');
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(pad).join(':');
  return `${date},${time}${zoneQuarters < 0 ? '-' : '+'}${pad(Math.abs(zoneQuarters))}`;
}

const GPS_EPOCH_MS = Date.UTC(1980, 0, 6);

function moduleClock({ state, clock }: CommandContext): string {
  if (state.hasNetworkTime) return formatClock(clock.wall(), state.zoneQuarters);
  // Never set: it counts from the GPS epoch.
  return formatClock(GPS_EPOCH_MS + clock.mono() - state.poweredOnMonoMs, 0);
}

const CLOCK: CommandSpec = {
  read: (context) => {
    context.info(`+CCLK: "${moduleClock(context)}"`);
    return 'OK';
  },
  // Taken and forgotten: the network's time is what this module shows.
  set: (_context, [text]) => (/^\d\d\/\d\d\/\d\d$/.test(text ?? '') ? 'OK' : { cme: CME.badParameters }),
  test: '',
  latency: 'query',
};

export const NETWORK_COMMANDS: CommandTable = {
  '+CREG': registration('+CREG'),
  '+CGREG': registration('+CGREG'),
  '+CEREG': registration('+CEREG'),
  '+CSQ': { exec: signalQuality, test: '(0-31,99),(0-7,99)', latency: 'radio' },
  '+CESQ': {
    exec: extendedQuality,
    test: '(0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)',
    latency: 'radio',
  },
  '#RFSTS': { exec: servingCell, test: '', latency: 'radio' },
  '+COPS': COPS,
  '+CCLK': CLOCK,
  '#NITZ': {
    ...remembered('#NITZ', '7,0', /^\d{1,2}(,[01])?$/, '(0-15),(0,1)'),
  },
  '+CTZU': remembered('+CTZU', '1', /^[01]$/, '(0,1)'),
  '+CTZR': remembered('+CTZR', '0', /^[0-2]$/, '(0-2)'),
  '+CPOL': { read: () => 'OK', test: '(1-50),(0-2)', needsCard: true },
  '+WS46': remembered('+WS46', '31', /^(12|22|25|28|29|30|31)$/, '(12,22,25,28,29,30,31)'),
  '#PSNT': {
    read: ({ state, info }) => {
      info(`#PSNT: ${state.session.remembered.get('#PSNT') ?? '0'},${isRegistered(state) ? 4 : 5}`);
      return 'OK';
    },
    set: ({ state }, [mode]) => {
      if (numberIn(mode, 0, 1) === undefined) return { cme: CME.badParameters };
      state.session.remembered.set('#PSNT', mode ?? '0');
      return 'OK';
    },
    test: '(0,1)',
  },
};

/** What the network tells about the time when it registers the module, under the present modes. */
export function networkTimeUrcs(state: ModuleState, utcMs: number): string[] {
  const urcs: string[] = [];
  const { remembered: modes } = state.session;
  if (modes.get('#NITZ')?.endsWith(',1') === true) urcs.push(`#NITZ: "${formatClock(utcMs, state.zoneQuarters)},0"`);
  const zone = `${state.zoneQuarters < 0 ? '-' : '+'}${pad(Math.abs(state.zoneQuarters))}`;
  if (modes.get('+CTZR') === '1') urcs.push(`+CTZV: ${zone}`);
  return urcs;
}
