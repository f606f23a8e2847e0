// u-blox's client for positions by cells: a question that is answered by unsolicited lines (specs/ublox.md 5.1, 7.5 rows
// 42 to 47). Its servers are in cell-locate-servers.ts.
import type { CellLocateKnobs } from '../cell-locate.js';
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome, remembered, stored } from '../command.js';
import { isRegistered } from '../standard/registration.js';
import type { ModuleState } from '../state.js';
import { LOCATION_ERRORS, RECEIVER, SERVER_SETTINGS, tokenOf } from './cell-locate-servers.js';

const VIENNA = { latitudeDeg: 48.2082, longitudeDeg: 16.3738 };
/** What comes when there is no position: the line itself is never left out. */
const NOTHING = ['01/01/2015', '00:00:00.000', '0.0000000', '0.0000000', '0', '20000000'];
const METRES_PER_DEGREE = 111_320;
const BAD_TOKEN = 8;
const NO_CONNECTION = 7;

const two = (value: number): string => `${value}`.padStart(2, '0');

/** Date, time, latitude, longitude and altitude of a place about `awayM` from where the module is. */
function placeFields({ state, clock, random }: CommandContext, awayM: number): string[] {
  const { cellLocate: knobs, position } = state;
  const now = new Date(clock.wall());
  const off = (): number => ((2 * random() - 1) * awayM) / METRES_PER_DEGREE;
  const home = position ?? { ...VIENNA, altitudeM: 0 };
  const degrees = (value: number): string =>
    `${knobs.plusSign && value >= 0 ? '+' : ''}${value.toFixed(knobs.decimals)}`;
  return [
    `${two(now.getUTCDate())}/${two(now.getUTCMonth() + 1)}/${now.getUTCFullYear()}`,
    `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}.000`,
    degrees(knobs.latitudeDeg ?? home.latitudeDeg + off()),
    degrees(knobs.longitudeDeg ?? home.longitudeDeg + off()),
    '0',
  ];
}

/** As the line is to look. */
function lineOf(fields: readonly string[], { quotes, blanks }: CellLocateKnobs): string {
  const texts = quotes ? fields.map((text) => `"${text}"`) : fields;
  return `+UULOC: ${blanks ? ' ' : ''}${texts.join(blanks ? ' , ' : ',')}`;
}

interface Question {
  responseType: number;
  timeoutMs: number;
  hypotheses: number;
}

function goodLines(context: CommandContext, { responseType, hypotheses }: Question): string[] {
  const { cellLocate: knobs } = context.state;
  const { uncertaintyM } = knobs;
  const place = placeFields(context, uncertaintyM / 2);
  if (responseType === 0) return [lineOf([...place, `${uncertaintyM}`], knobs)];
  if (responseType === 1) return [lineOf([...place, `${uncertaintyM}`, '0', '0', '0', '2', '0', '0', '0'], knobs)];
  const count = Math.min(hypotheses, knobs.hypotheses);
  const lines = Array.from({ length: count }, (_, i) => {
    // The first is the best; every third is what the module remembers.
    const metres = uncertaintyM * (i + 1);
    const spot = placeFields(context, metres / 2);
    const head = [`${i + 1}`, `${count}`];
    if (i % 3 === 2) return lineOf([...head, '0', ...spot, `${metres}`], knobs);
    const ellipse = (factor: number, confidence: string): string[] => [
      ...spot.slice(2, 4),
      `${metres * factor}`,
      `${Math.round(metres * factor * 0.4)}`,
      '30',
      confidence,
    ];
    return lineOf([...head, '2', ...spot, ...ellipse(1, '50'), ...ellipse(2, '95')], knobs);
  });
  if (!knobs.isShuffled) return lines;
  for (let i = lines.length - 1; i > 0; i--) {
    const j = Math.floor(context.random() * (i + 1));
    [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
  }
  return lines;
}

/** What the module says when it has nothing, in the form that was asked for. */
function emptyLine({ responseType }: Question, knobs: CellLocateKnobs): string {
  if (responseType === 1) return lineOf([...NOTHING, '0', '0', '0', '0', '0', '0', '0'], knobs);
  return lineOf(responseType === 2 ? ['1', '1', '0', ...NOTHING] : NOTHING, knobs);
}

/** The bare line of a refused token, as it was seen. */
const refusedLine = (knobs: CellLocateKnobs): string => lineOf(NOTHING, knobs);

const hasConnection = (state: ModuleState): boolean => isRegistered(state) && state.activeContexts.size > 0;

/** Step and result of each progress line, and whether a position is behind them. */
function planOf(state: ModuleState): { steps: [number, number][]; isGood: boolean; isRefused: boolean } {
  const knobs = state.cellLocate;
  const token = tokenOf(state);
  const isRefused = !knobs.acceptsTokens || token.length < knobs.minTokenLength || knobs.badTokens.includes(token);
  const trouble: [number, number] | undefined = !hasConnection(state)
    ? [2, NO_CONNECTION]
    : isRefused
      ? [2, BAD_TOKEN]
      : knobs.result === 0
        ? undefined
        : [knobs.step, knobs.result];
  const good: [number, number][] = [
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
  ];
  if (!trouble) return { steps: good, isGood: true, isRefused: false };
  const [step] = trouble;
  const before = good.filter(([each]) => each < step);
  if (step > 3) return { steps: [...before, trouble], isGood: true, isRefused: false };
  const isSaved = knobs.recovers && trouble[1] !== BAD_TOKEN;
  return {
    steps: [...before, trouble, ...(isSaved ? good.filter(([each]) => each >= step) : [])],
    isGood: isSaved,
    isRefused: trouble[1] === BAD_TOKEN,
  };
}

/** Runs until its last line is out, its time is over, or another question takes its place. */
function locate(context: CommandContext, question: Question): void {
  const { state, session } = context;
  const knobs = state.cellLocate;
  const { steps, isGood, isRefused } = planOf(state);
  let timer = { cancel: (): void => undefined };
  const end = (lines: readonly string[]): void => {
    timer.cancel();
    if (state.locating === mine) state.locating = undefined;
    for (const line of lines) context.urc(line);
  };
  const nothing = (): string[] => [isRefused ? refusedLine(knobs) : emptyLine(question, knobs)];
  const mine = {
    // What it has by then is told at once.
    interrupt: () => end([emptyLine(question, knobs)]),
  };
  state.locating = mine;
  if (knobs.isSilent) return;
  const go = (index: number): void => {
    // After the last step the position itself takes its time, too.
    const elapsedMs = index * knobs.stepMs;
    const isTooLate = elapsedMs + knobs.stepMs > question.timeoutMs;
    timer = context.later(isTooLate ? question.timeoutMs - elapsedMs : knobs.stepMs, () => {
      const step = steps[index];
      if (isTooLate) end([emptyLine(question, knobs)]);
      else if (!step) end(isGood ? goodLines(context, question) : nothing());
      else {
        if (session.remembered.get('+ULOCIND') === '1') context.urc(`+UULOCIND: ${step.join(',')}`);
        go(index + 1);
      }
    });
  };
  go(0);
}

function ask(context: CommandContext, args: readonly string[]): Outcome {
  const { state } = context;
  const knobs = state.cellLocate;
  const [mode, sensorText, typeText, timeoutText, accuracyText, hypothesesText] = args;
  const sensor = numberIn(sensorText, 0, 3);
  const responseType = numberIn(typeText, 0, { short: 0, detailed: 1, all: 2 }[knobs.forms]);
  const timeout = numberIn(timeoutText, 1, 999);
  const hypotheses = numberIn(hypothesesText ?? '1', 1, 16);
  if (mode !== '2' || sensor === undefined || responseType === undefined) return { cme: CME.badParameters };
  if (timeout === undefined || hypotheses === undefined || numberIn(accuracyText, 1, 999_999) === undefined)
    return { cme: CME.badParameters };
  if (state.locateTries++ < knobs.busyTimes) return { cme: LOCATION_ERRORS.busy };
  if (state.isGnssOn && sensor % 2 === 1) return { cme: LOCATION_ERRORS.busy };
  if (!hasConnection(state) && knobs.noContextAs === 'error') return { cme: CME.notAllowed };
  state.locating?.interrupt();
  context.afterFinal(() => locate(context, { responseType, timeoutMs: timeout * 1000, hypotheses }));
  return 'OK';
}

const unlessAbsent =
  (handler: (context: CommandContext, args: readonly string[]) => Outcome) =>
  (context: CommandContext, args: readonly string[]): Outcome =>
    context.state.cellLocate.isSupported ? handler(context, args) : context.family.unknownCommand;

export const CELL_LOCATE_COMMANDS: CommandTable = {
  '+UGSRV': SERVER_SETTINGS,
  '+UGPS': RECEIVER,
  '+ULOC': {
    read: unlessAbsent(({ info }) => {
      info('+ULOC: 2,2,0,60,1000');
      return 'OK';
    }),
    set: unlessAbsent(ask),
    arity: [5, 6],
    test: unlessAbsent(({ info }) => {
      info('+ULOC: (2),(0-3),(0-2),(1-999),(1-999999),(1-16)');
      return 'OK';
    }),
    latency: 'query',
  },
  '+ULOCIND': remembered('+ULOCIND', '0', /^[01]$/, '(0-1)'),
  '+ULOCCELL': {
    read: ({ session, info }) => {
      info(`+ULOCCELL: ${session.remembered.get('+ULOCCELL') ?? '0'}`);
      return 'OK';
    },
    set: ({ state, session }, [mode]) => {
      if (numberIn(mode, 0, state.cellLocate.hasDeepScan ? 1 : 0) === undefined) return { cme: CME.badParameters };
      session.remembered.set('+ULOCCELL', mode ?? '0');
      return 'OK';
    },
    arity: [1, 1],
    test: '(0)',
  },
  '+ULOCGNSS': stored(
    '+ULOCGNSS',
    '15,4,1,65,0,1',
    /^\d{1,3}(,\d{0,3}){0,6}$/,
    '(0-15),(0-5),(0-1),(0-127),(0-1),(0-31)',
  ),
};
