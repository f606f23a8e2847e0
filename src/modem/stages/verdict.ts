// What a stage of the bring-up answers, and the pause it may make.
import { sleep, type WaymarkError } from '../../core/index.js';
import type { Session } from '../session.js';

/** `done`, or the error that says what is not there yet. */
export type Verdict = 'done' | WaymarkError;
export type StageWork = (session: Session, signal: AbortSignal) => Promise<Verdict>;

/** A pause in the module's time, which does not shrink under a scaled clock. */
export const pauseDevice = (session: Pick<Session, 'clock'>, ms: number, signal: AbortSignal): Promise<void> =>
  sleep({ ...session.clock, after: session.clock.deadline }, ms, signal);
