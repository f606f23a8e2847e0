// Registration with the network: reports switched on with reject causes, every domain read, operator and roaming rule.
import { WaymarkError } from '../../core/index.js';
import { releaseBearer } from '../bearer.js';
import { type ExtendedError, explainCause, parseCeer } from '../codec/causes.js';
import { bodyOf, intOf } from '../codec/fields.js';
import { parseCops } from '../codec/identity.js';
import { parseRegistration, technologyOf } from '../codec/registration.js';
import { isRegistered } from '../registration.js';
import { ask, type Session } from '../session.js';
import type { Verdict } from './verdict.js';

/** Illegal mobile, illegal module, services not allowed: only the operator can change that, and asking often gets a SIM barred. */
const BARRED = [3, 6, 8];
const BARRED_RETRY_MS = 12 * 3_600_000;

/** Mode 3 tells the reject cause; what does not take it gets 2. */
async function switchReportsOn(session: Session, signal: AbortSignal): Promise<void> {
  if (session.isReporting) return;
  for (const domain of session.domains)
    if ((await ask(session, `AT${domain}=3`, signal)) === undefined) await ask(session, `AT${domain}=2`, signal);
  // 5G: only where the module knows it, so it is not missed where it does not.
  if ((await ask(session, 'AT+C5GREG=3', signal)) ?? (await ask(session, 'AT+C5GREG=2', signal)))
    session.domains.add('+C5GREG');
  session.isReporting = true;
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

/** Registered, and with a network that may be used. */
export function isUsable(session: Session): boolean {
  const { state } = session.registration.summary;
  return isRegistered(state) && !isForeign(session);
}

const isForeign = (session: Session): boolean =>
  session.registration.summary.state === 'roaming' && session.options.roaming === 'refused';

/** The error that the present registration stands for, while it is not usable. `said`: what +CEER told. */
export function registrationError(session: Session, said?: ExtendedError): WaymarkError {
  const { operator, registration } = session.store.current;
  const { state, rejectCause } = session.registration.summary;
  if (isForeign(session))
    return new WaymarkError(
      'network.roaming',
      `only a foreign network is in reach${operator ? ` (${operator})` : ''}`,
      {
        evidence: registration.plmn === undefined ? undefined : { plmn: registration.plmn },
      },
    );
  if (state !== 'denied') return new WaymarkError('network.searching', `registration: ${state}`);
  const cause = rejectCause ?? (said?.layer === 'registration' ? said.number : undefined);
  if (cause === undefined)
    return new WaymarkError('network.denied', `registration denied${said ? `: ${said.text}` : ''}`, {
      evidence: said ? { said: said.text } : undefined,
    });
  return new WaymarkError('network.denied', `registration denied, cause ${cause}: ${explainCause(cause).words}`, {
    evidence: { rejectCause: cause },
    retryAfterMs: BARRED.includes(cause) ? BARRED_RETRY_MS : undefined,
  });
}

/** Why the last attempt failed, as the module puts it. */
async function readReason(session: Session, signal: AbortSignal): Promise<ExtendedError | undefined> {
  const lines = (await ask(session, 'AT+CEER', signal)) ?? [];
  return lines.map(parseCeer).find((found) => found !== undefined);
}

export async function registration(session: Session, signal: AbortSignal): Promise<Verdict> {
  await switchReportsOn(session, signal);
  await readRegistration(session, signal);
  const { state, rejectCause } = session.registration.summary;
  if (isRegistered(state)) {
    await readOperator(session, signal);
    if (isUsable(session)) return 'done';
    await releaseBearer(session.bearerDeps(signal), session.options.bearer);
    return registrationError(session);
  }
  // Detached by us and cut off in between: a module stays so until it is told.
  if (state === 'idle' && session.options.bearer.mode === 'activate') await attachOnce(session, signal);
  const said = state === 'denied' && rejectCause === undefined ? await readReason(session, signal) : undefined;
  return registrationError(session, said);
}

async function attachOnce(session: Session, signal: AbortSignal): Promise<void> {
  if (session.attachAsked) return;
  session.attachAsked = true;
  const lines = (await ask(session, 'AT+CGATT?', signal)) ?? [];
  if (lines.some((line) => intOf(bodyOf(line, '+CGATT')) === 0)) await ask(session, 'AT+CGATT=1', signal);
}

/** The serving network: its number and its name. Selection itself is not touched. */
export async function readOperator(session: Session, signal: AbortSignal): Promise<void> {
  const read = async () =>
    ((await ask(session, 'AT+COPS?', signal)) ?? []).map(parseCops).find((cops) => cops !== undefined);
  let plmn: string | undefined;
  if (await ask(session, 'AT+COPS=3,2', signal)) {
    plmn = (await read())?.plmn;
    await ask(session, 'AT+COPS=3,0', signal);
  }
  const found = await read();
  notePlmn(session, plmn ?? found?.plmn);
  session.store.patch({ operator: found?.operator });
  noteTechnology(session, technologyOf(found?.act));
  session.suspects.delete('operator');
}

/** Reports without a location tell no technology; the operator's line does. */
function noteTechnology(session: Session, technology: string | undefined): void {
  const { registration } = session.store.current;
  if (technology === undefined || registration.technology !== undefined || !isRegistered(registration.state)) return;
  session.store.patch({ registration: { ...registration, technology } });
}

/** Takes over the number of the serving network, from whoever knows it. */
export function notePlmn(session: Session, plmn: string | undefined): void {
  if (plmn === undefined || !isRegistered(session.registration.summary.state)) return;
  session.plmn = plmn;
  session.store.patch({ registration: { ...session.store.current.registration, plmn } });
}

/** True when a person has chosen the network by hand: then it is not chosen anew. */
export async function isChosenByHand(session: Session, signal: AbortSignal): Promise<boolean> {
  const lines = (await ask(session, 'AT+COPS?', signal)) ?? [];
  return lines.some((line) => /^\+COPS:\s*[14]\b/.test(line));
}
