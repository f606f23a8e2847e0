// Operator and signal commands (specs/modem.md 2.5, 2.7).
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
} from '../command.js';
import type { ModuleState } from '../state.js';
import { isRegistered } from './registration.js';

/** A walk of at most 1.5 dB around the configured level, so that two polls rarely agree. */
const walked = (dbm: number, random: number): number => Math.round(dbm + (random - 0.5) * 3);
export const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, value));

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

function operatorName(state: ModuleState, format: number): string {
  const { operator, quirks } = state;
  const name = [operator.longName, operator.shortName, operator.numeric][format] ?? operator.numeric;
  return quirks.quotesOperator ? `"${name}"` : name;
}

const COPS: CommandSpec = {
  read: ({ state, session, info }) => {
    const format = session.copsFormat;
    info(
      isRegistered(state)
        ? `+COPS: ${state.selection},${format},${operatorName(state, format)},${state.coverage.technology}`
        : `+COPS: ${state.selection}`,
    );
    return 'OK';
  },
  set: ({ state, session, updateRadio }, [mode, format, name]) => {
    const selection = numberIn(mode, 0, 4);
    if (selection === undefined) return { cme: CME.badParameters };
    if (format !== undefined && format !== '') {
      const value = numberIn(format, 0, 2);
      if (value === undefined) return { cme: CME.badParameters };
      session.copsFormat = value;
    }
    if (selection === 3) return 'OK';
    const names = [state.operator.longName, state.operator.shortName, state.operator.numeric];
    if ((selection === 1 || selection === 4) && !names.includes(name ?? '')) return { cme: CME.noService };
    state.selection = selection === 4 ? 1 : selection;
    updateRadio();
    return 'OK';
  },
  arity: [1, 4],
  test: ({ state, info }) => {
    const { longName, shortName, numeric } = state.operator;
    const own = `(${isRegistered(state) ? 2 : 1},"${longName}","${shortName}","${numeric}",${state.coverage.technology})`;
    info(`+COPS: ${own},(3,"Other, Network","Other","00102",7),,(0,1,2,3,4),(0,1,2)`);
    return 'OK';
  },
  latency: 'radio',
  isAbortable: true,
};

export const NETWORK_COMMANDS: CommandTable = {
  '+CSQ': { exec: signalQuality, test: '(0-31,99),(0-7,99)', latency: 'radio' },
  '+CESQ': {
    exec: extendedQuality,
    test: '(0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)',
    latency: 'radio',
  },
  '+COPS': COPS,
  '+CPOL': { read: () => 'OK', test: '(1-50),(0-2)', needsCard: true },
  '+WS46': remembered('+WS46', '31', /^(12|22|25|28|29|30|31)$/, '(12,22,25,28,29,30,31)'),
  '+CSCON': remembered('+CSCON', '0', /^[01]$/, '(0,1)'),
  '+CPSMS': remembered('+CPSMS', '0', /^[0-2](,.{0,60})?$/, '(0-2),,,,'),
  '+CEDRXS': remembered('+CEDRXS', '', /^[0-3](,.{0,20})?$/, '(0-3),(4,5),'),
};
