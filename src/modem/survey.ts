// A look at a module from outside the bring-up, for a person at the device: questions only. Nothing is written that a
// module keeps, no PIN is ever sent, nothing is activated; what a module refuses to say is left out. A question that
// gets no answer costs that answer and not the rest.
import { isWaymarkError, toWaymarkError, WaymarkError } from '../core/index.js';
import type { AtChannel } from './at.js';
import { cardStateOf, simError, triesIn } from './card.js';
import { explainCause } from './codec/causes.js';
import { parseClock } from './codec/clock.js';
import { type ContextDefinition, parseCgdcont, parseCgpaddr } from './codec/context.js';
import { bodyOf, intOf, splitFields } from './codec/fields.js';
import { parseCops, parseIccid, parseImei, parseImsi, parsePlain, type SimState } from './codec/identity.js';
import { parseRegistration, technologyOf } from './codec/registration.js';
import { parseCpinr } from './codec/retry.js';
import { gradeSignal, parseCesq, parseCsq, type Signal } from './codec/signal.js';
import type { CellReport, Profile, Reading, RetryCounters, Vendor } from './profile.js';
import { chooseProfile } from './profiles/choose.js';
import { NOT_REGISTERED, nextRegistration, type Registration } from './registration.js';

const GNSS_PROOF = 3;
const FIRST_TRIES_MS = [300, 500, 500, 1000, 1000, 1000];
const MAX_CONTEXTS = 16;
const DOMAINS = ['+CREG', '+CGREG', '+CEREG', '+C5GREG'] as const;

export interface SurveyedContext extends ContextDefinition {
  active: boolean;
  address?: string;
}

export interface Survey {
  manufacturer?: string;
  model?: string;
  revision?: string;
  profile: string;
  profileNote?: string;
  /** Identifiers in full: whoever shows them masks them. */
  imei?: string;
  iccid?: string;
  imsi?: string;
  /** Of `+CFUN`. */
  radio?: 'on' | 'off';
  sim: SimState;
  simTries?: RetryCounters;
  registration: Registration & { causeWords?: string };
  operator?: string;
  signal?: Signal;
  cell?: CellReport;
  contexts: SurveyedContext[];
  /** `unset`: the module has never been told the time. */
  clock?: { utcMs: number; zoneKnown: boolean; source: string } | 'unset';
  temperatureC?: number;
  /** The module is a USB network card now. */
  isNetworkCard?: boolean;
  /** What stands in the way, in the order of the bring-up. */
  troubles: WaymarkError[];
}

/**
 * Finds the module on an open channel and agrees on the form of answers, for this session only.
 * Errors: `modem.timeout` (nobody answers), `modem.wrong-device`, `modem.overflow`, `link.*`, the abort reason.
 */
export async function greetModule(channel: AtChannel, name: string, signal: AbortSignal): Promise<void> {
  for (const [n, deadlineMs] of FIRST_TRIES_MS.entries()) {
    try {
      await channel.run('AT', { deadlineMs, probe: true, signal });
      // Earlier ones may still be answered.
      if (n > 0) await channel.resync();
      for (const command of ['ATE0', 'ATV1', 'AT+CMEE=1']) await tolerant(channel, command, signal);
      return;
    } catch (error) {
      if (channel.isLost || !isWaymarkError(error, 'modem.timeout', 'modem.error', 'modem.desync')) throw error;
      if (channel.health.gnssLines >= GNSS_PROOF)
        throw new WaymarkError('modem.wrong-device', `${name}: a GNSS receiver answers here`);
      if (channel.health.overlongLines > 0)
        throw new WaymarkError('modem.overflow', `${name}: bytes without line ends`);
    }
  }
  throw new WaymarkError('modem.timeout', `${name}: nobody answers AT`, {
    hint: 'The module may be starting (wait a minute), or this is another of its ports: `waymark modem list --probe` tells.',
  });
}

/** Lines of a question that may be refused or stay unanswered; undefined then. Lost channels still throw. */
async function tolerant(
  channel: AtChannel,
  command: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    return (await channel.run(command, { signal })).lines;
  } catch (error) {
    if (channel.isLost || signal.aborted || !(error instanceof WaymarkError)) throw error;
    return undefined;
  }
}

type Ask = (command: string) => Promise<readonly string[]>;

const first = <T>(lines: readonly string[], parse: (line: string) => T | undefined): T | undefined => {
  for (const line of lines) {
    const found = parse(line);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** The first reading that an answer fits. */
async function firstReading<T>(ask: Ask, readings: readonly Reading<T>[]): Promise<T | undefined> {
  for (const { command, parse } of readings) {
    const found = first(await ask(command), parse);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Everything a module tells about itself. `onStage` is told what is asked next, in words. Errors: those of a lost channel. */
export async function surveyModule(
  channel: AtChannel,
  options: { profile: 'auto' | Vendor; onStage?: (what: string) => void },
  signal: AbortSignal,
): Promise<Survey> {
  const ask: Ask = async (command) => (await tolerant(channel, command, signal)) ?? [];
  const stage = options.onStage ?? (() => undefined);
  stage('the module');
  const plain = async (command: string): Promise<string | undefined> =>
    parsePlain(await ask(command), command.slice(2));
  const manufacturer = await plain('AT+CGMI');
  const model = await plain('AT+CGMM');
  const revision = await plain('AT+CGMR');
  const imei = parseImei(await ask('AT+CGSN'))?.imei;
  const { profile, note } = chooseProfile(options.profile, manufacturer, model);
  channel.learn({ urcPrefixes: profile.urcPrefixes, vendor: profile.vendor });
  const level = first(await ask('AT+CFUN?'), (line) => intOf(splitFields(bodyOf(line, '+CFUN') ?? '', 2)[0]?.text));
  stage('the SIM');
  const card = await surveyCard(channel, ask, profile, signal);
  stage('the network');
  const network = await surveyNetwork(ask, profile);
  stage('the data connection');
  const contexts = await surveyContexts(ask, profile);
  const clock = await surveyClock(ask, profile);
  const temperatureC = await surveyTemperature(channel, ask, profile);
  const isNetworkCard = profile.ecm && (await firstReading(ask, [profile.ecm.composition]));
  const troubles = [...card.troubles];
  const isOff = level === 0 || level === 4;
  if (isOff)
    troubles.push(
      new WaymarkError('network.searching', 'the radio is off (airplane mode)', {
        hint: 'The agent switches it on when it brings the module up: `waymark run`.',
      }),
    );
  else troubles.push(...networkTroubles(network.registration));
  if (network.isRegistered && !contexts.some(({ active }) => active))
    troubles.push(new WaymarkError('network.no-bearer', 'no data context is active'));
  return {
    ...known({ manufacturer, model, revision, imei, profileNote: note, clock, temperatureC, isNetworkCard }),
    ...known({ iccid: card.iccid, imsi: card.imsi, simTries: card.tries }),
    ...known({ operator: network.operator, signal: network.signal, cell: network.cell }),
    ...(level === undefined ? {} : { radio: isOff ? 'off' : 'on' }),
    profile: profile.name,
    sim: card.state,
    registration: network.registration,
    contexts,
    troubles,
  };
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const known = <T extends object>(parts: T): Known<T> =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Known<T>;

interface CardSurvey {
  state: SimState;
  tries?: RetryCounters | undefined;
  iccid?: string | undefined;
  imsi?: string | undefined;
  troubles: WaymarkError[];
}

async function surveyCard(channel: AtChannel, ask: Ask, profile: Profile, signal: AbortSignal): Promise<CardSurvey> {
  let state: SimState = 'unknown';
  let trouble: WaymarkError | undefined;
  try {
    const card = cardStateOf((await channel.run('AT+CPIN?', { signal })).lines);
    state = card.is === 'busy' ? 'unknown' : card.is;
    if (card.is !== 'ready') trouble = simError(card.is, card.word);
  } catch (error) {
    if (channel.isLost || signal.aborted) throw error;
    trouble = toWaymarkError(error);
    const kind = trouble.code.slice('sim.'.length);
    if (kind === 'absent' || kind === 'pin' || kind === 'puk' || kind === 'failure') state = kind;
  }
  const troubles = trouble ? [trouble] : [];
  if (state === 'absent') return { state, troubles };
  // A blocked card has none; some modules then tell those of the PUK under the name of the PIN.
  let tries: RetryCounters = state === 'puk' ? { pin: 0 } : {};
  for (const reading of [...profile.retryCounters, { command: 'AT+CPINR', parse: parseCpinr }]) {
    tries = { ...triesIn(reading, await ask(reading.command)), ...tries };
    if (tries.pin !== undefined && tries.puk !== undefined) break;
  }
  let iccid: string | undefined;
  for (const command of profile.iccidCommands) {
    iccid = parseIccid(await ask(command));
    if (iccid !== undefined) break;
  }
  const imsi = state === 'ready' ? parseImsi(await ask('AT+CIMI')) : undefined;
  return { state, tries: Object.keys(tries).length > 0 ? tries : undefined, iccid, imsi, troubles };
}

interface NetworkSurvey {
  registration: Survey['registration'];
  isRegistered: boolean;
  operator?: string | undefined;
  signal?: Signal | undefined;
  cell?: CellReport | undefined;
}

async function surveyNetwork(ask: Ask, profile: Profile): Promise<NetworkSurvey> {
  let machine = NOT_REGISTERED;
  for (const domain of DOMAINS) {
    const report = first(await ask(`AT${domain}?`), parseRegistration);
    machine = nextRegistration(machine, report ? { is: 'report', report } : { is: 'unsupported', domain }).state;
  }
  const { summary } = machine;
  const words = summary.rejectCause === undefined ? undefined : explainCause(summary.rejectCause).words;
  const isRegistered = summary.state === 'home' || summary.state === 'roaming';
  const serving = first(await ask('AT+COPS?'), parseCops);
  // Registration tells it only in its longer forms, which are not switched on here.
  const technology = summary.technology ?? (isRegistered ? technologyOf(serving?.act) : undefined);
  const rssi = first(await ask('AT+CSQ'), parseCsq);
  const cesq = first(await ask('AT+CESQ'), parseCesq);
  const cell = await surveyCell(ask, profile);
  const { rssiDbm, rsrpDbm, rsrqDb, sinrDb } = cell ?? {};
  const figures = {
    ...cesq,
    ...(rssi === undefined || rssi === 'unknown' ? {} : rssi),
    ...known({ rssiDbm, rsrpDbm, rsrqDb, sinrDb }),
  };
  return {
    registration: { ...summary, ...known({ technology, causeWords: words }) },
    isRegistered,
    operator: serving?.operator,
    signal: Object.keys(figures).length > 0 ? gradeSignal(figures) : undefined,
    cell,
  };
}

/** The first source that knows the cell; its answer may have several lines. */
async function surveyCell(ask: Ask, profile: Profile): Promise<CellReport | undefined> {
  for (const { command, parse } of profile.cell) {
    const parts = (await ask(command)).map(parse).filter((part) => part !== undefined);
    if (parts.length > 0) return parts.reduce((all, part) => ({ ...all, ...part }));
  }
  return undefined;
}

/** Some families answer with a line of another name, which arrives as a report. */
async function surveyTemperature(channel: AtChannel, ask: Ask, profile: Profile): Promise<number | undefined> {
  const { temperature, urcPrefixes } = profile;
  if (!temperature) return undefined;
  let heard: number | undefined;
  const offs = urcPrefixes.map((prefix) =>
    channel.urcs(prefix, ([line = '']) => {
      heard ??= temperature.parse(line);
      return undefined;
    }),
  );
  const told = first(await ask(temperature.command), temperature.parse) ?? heard;
  for (const off of offs) off();
  return told !== undefined && Math.abs(told) <= 150 ? told : undefined;
}

function networkTroubles({ state, rejectCause, causeWords }: Survey['registration']): WaymarkError[] {
  if (state === 'home' || state === 'roaming') return [];
  if (state !== 'denied') return [new WaymarkError('network.searching', `registration: ${state}`)];
  const cause = rejectCause === undefined ? '' : `, cause ${rejectCause}${causeWords ? `: ${causeWords}` : ''}`;
  return [new WaymarkError('network.denied', `registration denied${cause}`)];
}

async function surveyContexts(ask: Ask, profile: Profile): Promise<SurveyedContext[]> {
  const contexts = new Map<number, SurveyedContext>();
  for (const line of await ask('AT+CGDCONT?')) {
    const found = parseCgdcont(line);
    if (found && !contexts.has(found.contextId)) contexts.set(found.contextId, { ...found, active: false });
  }
  for (const { command, parse } of profile.activation) {
    for (const line of await ask(command)) {
      const found = parse(line);
      if (!found?.active) continue;
      const before = contexts.get(found.contextId) ?? { contextId: found.contextId, type: '', apn: '' };
      contexts.set(found.contextId, { ...before, ...known({ address: found.address }), active: true });
    }
  }
  for (const context of [...contexts.values()].slice(0, MAX_CONTEXTS)) {
    if (!context.active || context.address !== undefined) continue;
    const told = first(await ask(`AT+CGPADDR=${context.contextId}`), parseCgpaddr);
    if (told?.address !== undefined) context.address = told.address;
  }
  return [...contexts.values()].sort((a, b) => a.contextId - b.contextId).slice(0, MAX_CONTEXTS);
}

async function surveyClock(ask: Ask, profile: Profile): Promise<Survey['clock']> {
  let clock: Survey['clock'];
  for (const command of profile.clock) {
    const found = first(await ask(command), parseClock);
    if (found === undefined) continue;
    if (found !== 'unset') return { ...found, source: command.slice(2).replace(/[?=].*$/, '') };
    clock = 'unset';
  }
  return clock;
}
