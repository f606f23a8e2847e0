// Registration as the module tells it: +CREG and its sisters in every mode, with the forms of the field as knobs
// (specs/modem.md 2.4).
import { CME, type CommandContext, type CommandSpec, type CommandTable, numberIn, type Outcome } from '../command.js';
import type { ModuleState, Quirks, SessionSettings } from '../state.js';

const NAMES = ['+CREG', '+CGREG', '+CEREG'] as const;
type Name = (typeof NAMES)[number];

/** Highest reporting mode: +CEREG has power saving (4) and both together (5). */
const MAX_MODE: Readonly<Record<Name, number>> = { '+CREG': 3, '+CGREG': 3, '+CEREG': 5 };

export const isRegistered = (state: ModuleState): boolean => state.registration === 1 || state.registration === 5;

const modeOf = (session: SessionSettings, name: Name): number => Number(session.remembered.get(name) ?? '0');

function statOf(state: ModuleState, name: Name): number {
  if (name === '+CREG' && state.coverage.isDataOnly) return 0;
  // Without LTE around there is no EPS registration; +CGREG carries the data service then.
  return name === '+CEREG' && state.coverage.technology < 7 && isRegistered(state) ? 0 : state.registration;
}

const decimal = (value: number, quirks: Quirks): string =>
  quirks.padsNumbers ? `${value}`.padStart(3, '0') : `${value}`;

export function hexField(digits: string, quirks: Quirks): string {
  const cased = quirks.hexCase === 'lower' ? digits.toLowerCase() : digits.toUpperCase();
  return quirks.quotesHex ? `"${cased}"` : cased;
}

function place(state: ModuleState, name: Name): string {
  const { coverage, quirks } = state;
  const rac = `,${hexField(coverage.routingCode, quirks)}`;
  const isMiddle = quirks.routingCode === 'middle' && name === '+CEREG';
  const isEnd = quirks.routingCode === 'end' && name !== '+CEREG';
  const area = `,${hexField(coverage.areaCode, quirks)}${isMiddle ? rac : ''}`;
  return `${area},${hexField(coverage.cellId, quirks)},${coverage.technology}${isEnd ? rac : ''}`;
}

/** `<stat>` and, from mode 2 on, where; modes 3 and 5 add why not, modes 4 and 5 the power saving fields. */
function fields(state: ModuleState, name: Name, mode: number): string {
  const stat = statOf(state, name);
  const first = decimal(stat, state.quirks);
  if (mode < 2) return first;
  if (stat === 1 || stat === 5) return `${first}${place(state, name)}${mode >= 4 ? ',,,"00000000","00000000"' : ''}`;
  const tellsCause = stat === 3 && (mode === 3 || mode === 5);
  const noPlace = state.quirks.routingCode === 'middle' && name === '+CEREG' ? ',,,,' : ',,,';
  return tellsCause ? `${first}${noPlace},0,${state.coverage.rejectCause}` : first;
}

/** The unsolicited lines that a change of registration causes under the modes of one port. */
export function registrationUrcs(state: ModuleState, session: SessionSettings): string[] {
  return NAMES.flatMap((name) => {
    const mode = modeOf(session, name);
    return mode === 0 ? [] : [`${name}: ${fields(state, name, mode)}`];
  });
}

const registration = (name: Name): CommandSpec => ({
  read: ({ state, session, info }) => {
    const mode = modeOf(session, name);
    info(`${name}: ${decimal(mode, state.quirks)},${fields(state, name, mode)}`);
    return 'OK';
  },
  set: ({ session }, [mode]) => {
    if (numberIn(mode, 0, MAX_MODE[name]) === undefined) return { cme: CME.badParameters };
    session.remembered.set(name, mode ?? '0');
    return 'OK';
  },
  arity: [1, 1],
  test: `(0-${MAX_MODE[name]})`,
  latency: 'query',
});

/** Reject causes of 24.301 and 24.008, as modules spell them. */
const CAUSES: Readonly<Record<number, string>> = {
  2: 'IMSI unknown in HSS',
  3: 'Illegal UE',
  6: 'Illegal ME',
  7: 'EPS services not allowed',
  8: 'EPS services and non-EPS services not allowed',
  11: 'PLMN not allowed',
  12: 'Tracking area not allowed',
  13: 'Roaming not allowed in this tracking area',
  14: 'EPS services not allowed in this PLMN',
  15: 'No suitable cells in tracking area',
  17: 'Network failure',
  22: 'Congestion',
  25: 'Not authorized for this CSG',
};

function extendedError({ state, family, info }: CommandContext): Outcome {
  const cause = state.registration === 3 ? state.coverage.rejectCause : undefined;
  info(`+CEER: ${family.extendedError(cause, CAUSES[cause ?? -1] ?? 'Unspecified')}`);
  return 'OK';
}

export const REGISTRATION_COMMANDS: CommandTable = {
  '+CREG': registration('+CREG'),
  '+CGREG': registration('+CGREG'),
  '+CEREG': registration('+CEREG'),
  '+CEER': { exec: extendedError, test: '', latency: 'query' },
};
