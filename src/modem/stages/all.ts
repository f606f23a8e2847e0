// What is asked in each stage of the bring-up. Every function makes one attempt: `done`, or the error that says what is
// not there yet; whether to try again is the machine's business (bringup.ts).
import type { WorkStage } from '../bringup.js';
import type { Session } from '../session.js';
import { bearer } from './bearer.js';
import { readClock } from './clock.js';
import { identify, sync } from './identify.js';
import { registration } from './registration.js';
import { readSignal, readTemperature } from './signal.js';
import { sim } from './sim.js';
import type { StageWork, Verdict } from './verdict.js';

async function signalStage(session: Session, signal: AbortSignal): Promise<Verdict> {
  const verdict = await readSignal(session, signal);
  await readTemperature(session, signal);
  return verdict;
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
  signal: signalStage,
  bearer,
  clock: readClock,
  'app-token': appToken,
};
