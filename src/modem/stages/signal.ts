// Signal, serving cell and temperature: what the family tells wins over the standard figures (specs/modem.md 2.5).
import { collect, known } from '../codec/fields.js';
import { gradeSignal, parseCesq, parseCsq, type Signal } from '../codec/signal.js';
import type { CellReport } from '../profile.js';
import { isRegistered } from '../registration.js';
import { ask, type Session } from '../session.js';
import { notePlmn } from './registration.js';
import type { Verdict } from './verdict.js';

const TEMPERATURE_REREAD_MS = 60_000;
/** What a module may say of its own heat; anything else is a misread line. */
const MIN_C = -60;
const MAX_C = 150;

async function readCell(session: Session, signal: AbortSignal): Promise<CellReport | undefined> {
  for (const { command, parse } of session.profile.cell) {
    const report = collect((await ask(session, command, signal)) ?? [], parse);
    if (report) return report;
  }
  return undefined;
}

export async function readSignal(session: Session, signal: AbortSignal): Promise<Verdict> {
  const rssi = ((await ask(session, 'AT+CSQ', signal)) ?? []).map(parseCsq).find((found) => found !== undefined);
  let figures: Omit<Signal, 'quality'> = {};
  if (session.hasCesq) {
    const lines = await ask(session, 'AT+CESQ', signal);
    session.hasCesq = lines !== undefined;
    figures = (lines ?? []).map(parseCesq).find((found) => found !== undefined) ?? {};
  }
  const told = await readCell(session, signal);
  const { rssiDbm, rsrpDbm, rsrqDb, sinrDb } = {
    ...figures,
    ...(rssi === undefined || rssi === 'unknown' ? {} : rssi),
    ...told,
  };
  session.store.patch({
    signal: gradeSignal(known<Omit<Signal, 'quality'>>({ rssiDbm, rsrpDbm, rsrqDb, sinrDb })),
  });
  notePlmn(session, told?.plmn);
  showCell(session, told);
  return 'done';
}

/** The serving cell: what the registration reports tell, completed by what the family knows. */
function showCell(session: Session, told: CellReport | undefined): void {
  const { state, areaCode, cellId } = session.registration.summary;
  const cell = { ...known<CellReport>({ areaCode, cellId, plmn: session.plmn }), ...told };
  session.store.patch({ cell: isRegistered(state) && Object.keys(cell).length > 0 ? cell : undefined });
}

/** At most once a minute, where the family can. */
export async function readTemperature(session: Session, signal: AbortSignal): Promise<void> {
  const { profile, clock, temperatureReadMonoMs: last } = session;
  if (!profile.temperature || (last !== undefined && clock.mono() - last < TEMPERATURE_REREAD_MS)) return;
  session.temperatureReadMonoMs = clock.mono();
  for (const line of (await ask(session, profile.temperature.command, signal)) ?? []) {
    const celsius = profile.temperature.parse(line);
    if (celsius !== undefined && celsius >= MIN_C && celsius <= MAX_C) session.store.patch({ temperatureC: celsius });
  }
}
