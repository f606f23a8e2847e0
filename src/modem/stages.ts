// What is asked in each stage of the bring-up. Every function makes one attempt: `done`, or the error that says what is
// not there yet; whether to try again is the machine's business (bringup.ts).
import { isWaymarkError, sleep, WaymarkError } from '../core/index.js';
import { activateBearer, readBearer } from './bearer.js';
import type { WorkStage } from './bringup.js';
import { bodyOf, intOf, splitFields } from './codec/fields.js';
import { parseCops, parseCpin, parseIccid, parseImei, parseImsi, parsePlain } from './codec/identity.js';
import { parseRegistration } from './codec/registration.js';
import { gradeSignal, parseCesq, parseCsq } from './codec/signal.js';
import { chooseProfile } from './profiles/choose.js';
import { isRegistered } from './registration.js';
import { ask, type Session, simError } from './session.js';

export type Verdict = 'done' | WaymarkError;
export type StageWork = (session: Session, signal: AbortSignal) => Promise<Verdict>;

const ESC_CR = Uint8Array.of(0x1b, 0x0d);
const GUARD_MS = 1100;
const GNSS_PROOF = 3;

async function sync(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { channel } = session;
  const attempt = ++session.syncAttempts;
  try {
    // Left behind by a crash: an open prompt, or data mode.
    if (attempt === 4) await channel.poke(ESC_CR);
    if (attempt === 7) {
      await sleepIo(session, GUARD_MS, signal);
      await channel.poke(Buffer.from('+++'));
      await sleepIo(session, GUARD_MS, signal);
    }
    await channel.run('AT', { deadlineMs: attempt <= 3 ? 500 : 1000, probe: true, signal });
  } catch (error) {
    if (!isWaymarkError(error, 'modem.timeout', 'modem.error', 'modem.desync')) throw error;
    if (channel.health.gnssLines >= GNSS_PROOF)
      return new WaymarkError('modem.wrong-device', `${session.options.port}: a GNSS receiver answers here`);
    if (channel.health.overlongLines > 0)
      return new WaymarkError('modem.overflow', `${session.options.port}: bytes without line ends`);
    return error;
  }
  // Earlier probes may still be answered.
  if (attempt > 1) await channel.resync();
  await ask(session, 'ATE0', signal);
  await ask(session, 'ATV1', signal);
  await ask(session, 'AT+CMEE=1', signal);
  // Closing the port must not hang anything up.
  await ask(session, 'AT&D0', signal);
  channel.armResetDetection();
  return 'done';
}

const sleepIo = (session: Session, ms: number, signal: AbortSignal): Promise<void> =>
  // Guard times are the module's, so they do not shrink under a scaled clock.
  sleep({ ...session.clock, after: session.clock.deadline }, ms, signal);

async function identify(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { store, channel } = session;
  const plain = async (command: string): Promise<string | undefined> =>
    parsePlain((await ask(session, command, signal)) ?? [], command.slice(2));
  const manufacturer = await plain('AT+CGMI');
  const model = await plain('AT+CGMM');
  const revision = await plain('AT+CGMR');
  const serial = parseImei((await ask(session, 'AT+CGSN', signal)) ?? []);
  if (channel.health.gnssLines >= GNSS_PROOF && !serial)
    return new WaymarkError('modem.wrong-device', `${session.options.port}: a GNSS receiver answers here`);
  // Secrets are sent only to what has said that it is a modem.
  if (manufacturer === undefined && model === undefined)
    return new WaymarkError('modem.error', `${session.options.port}: the device does not say what it is`);
  if (serial && !serial.luhn) session.log.warn('modem.imei', {}, 'The check digit of the IMEI is wrong.');
  session.profile = chooseProfile(session.options.profile, manufacturer);
  channel.learn({ urcPrefixes: session.profile.urcPrefixes });
  store.patch({ manufacturer, model, revision, imei: serial?.imei, profile: session.profile.name });
  for (const command of session.profile.setup) await ask(session, command, signal);
  const functionality = (await ask(session, 'AT+CFUN?', signal)) ?? [];
  const level = intOf(splitFields(bodyOf(functionality[0] ?? '', '+CFUN') ?? '', 2)[0]?.text);
  if (level === 0 || level === 4) await ask(session, 'AT+CFUN=1', signal);
  return 'done';
}

async function sim(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { store, channel } = session;
  let state: ReturnType<typeof parseCpin>;
  try {
    const { lines } = await channel.run('AT+CPIN?', { signal });
    state = lines.map(parseCpin).find((found) => found !== undefined);
  } catch (error) {
    if (!isWaymarkError(error, 'sim.absent', 'sim.pin', 'sim.puk', 'sim.failure')) throw error;
    const kind = error.code.slice(4) as 'absent' | 'pin' | 'puk' | 'failure';
    store.patch({ sim: kind });
    return error;
  }
  if (state === undefined || state === 'busy' || state === 'unknown') {
    store.patch({ sim: 'unknown' });
    return new WaymarkError('sim.failure', 'the SIM is not ready yet');
  }
  store.patch({ sim: state });
  if (state !== 'ready') return simError(state);
  session.alarm = undefined;
  for (const command of session.profile.iccidCommands) {
    const iccid = parseIccid((await ask(session, command, signal)) ?? []);
    if (iccid === undefined) continue;
    store.patch({ iccid });
    break;
  }
  const imsi = parseImsi((await ask(session, 'AT+CIMI', signal)) ?? []);
  if (imsi !== undefined) store.patch({ imsi });
  return 'done';
}

/** Reads every domain the module has. Errors: `modem.reset` when a reporting mode has fallen back. */
export async function readRegistration(session: Session, signal: AbortSignal): Promise<void> {
  for (const domain of session.domains) {
    const lines = await ask(session, `AT${domain}?`, signal);
    if (!lines) {
      session.domains.delete(domain);
      session.report({ is: 'unsupported', domain });
      continue;
    }
    for (const line of lines) {
      const report = parseRegistration(line);
      if (!report) continue;
      const before = session.modes.get(domain);
      if (report.mode === 0 && before !== undefined && before > 0)
        throw new WaymarkError('modem.reset', `${domain}: the reporting mode fell back, the module has restarted`);
      if (report.mode !== undefined) session.modes.set(domain, report.mode);
      session.report({ is: 'report', report });
    }
  }
}

async function registration(session: Session, signal: AbortSignal): Promise<Verdict> {
  if (session.modes.size === 0) for (const domain of session.domains) await ask(session, `AT${domain}=2`, signal);
  await readRegistration(session, signal);
  const { state, rejectCause } = session.registration.summary;
  if (isRegistered(state)) {
    await readOperator(session, signal);
    return 'done';
  }
  if (state === 'denied')
    return new WaymarkError(
      'network.denied',
      `registration denied${rejectCause === undefined ? '' : `, cause ${rejectCause}`}`,
      {
        evidence: rejectCause === undefined ? undefined : { rejectCause },
      },
    );
  return new WaymarkError('network.searching', `registration: ${state}`);
}

export async function readOperator(session: Session, signal: AbortSignal): Promise<void> {
  const lines = (await ask(session, 'AT+COPS?', signal)) ?? [];
  const found = lines.map(parseCops).find((cops) => cops !== undefined);
  session.store.patch({ operator: found?.operator });
}

export async function readSignal(session: Session, signal: AbortSignal): Promise<Verdict> {
  const rssi = ((await ask(session, 'AT+CSQ', signal)) ?? []).map(parseCsq).find((found) => found !== undefined);
  let figures: { rssiDbm?: number; rsrpDbm?: number; rsrqDb?: number } = {};
  if (session.hasCesq) {
    const lines = await ask(session, 'AT+CESQ', signal);
    session.hasCesq = lines !== undefined;
    figures = (lines ?? []).map(parseCesq).find((found) => found !== undefined) ?? {};
  }
  const merged = { ...figures, ...(rssi === undefined || rssi === 'unknown' ? {} : rssi) };
  session.store.patch({ signal: gradeSignal(merged) });
  return 'done';
}

async function bearer(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { store, options } = session;
  const deps = session.bearerDeps(signal);
  const state =
    options.bearer.mode === 'activate'
      ? await activateBearer(deps, options.bearer)
      : await readBearer(deps, options.bearer.contextId);
  store.patch({ bearer: state });
  return state.active ? 'done' : noBearer(session);
}

export function noBearer(session: Session): WaymarkError {
  const { contextId, mode } = session.options.bearer;
  return new WaymarkError('network.no-bearer', `context ${contextId} is not active`, {
    hint:
      mode === 'observe'
        ? `Registered, but context ${contextId} is down: have the host bring its data path up, or set modem.bearer.mode to activate.`
        : undefined,
  });
}

export async function readClock(session: Session, signal: AbortSignal): Promise<Verdict> {
  for (const line of (await ask(session, 'AT+CCLK?', signal)) ?? []) session.noteClock(line);
  return 'done';
}

async function appToken(session: Session): Promise<Verdict> {
  await session.appTokenTask;
  return 'done';
}

export const STAGE_WORK: Readonly<Record<WorkStage, StageWork>> = {
  sync,
  identify,
  sim,
  registration,
  signal: readSignal,
  bearer,
  clock: readClock,
  'app-token': appToken,
};
