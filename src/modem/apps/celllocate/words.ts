// What the two numbers of a +UULOCIND line mean, and what a result says about the attempt (specs/ublox.md 5.1).

const STEPS: readonly string[] = [
  'the scan of the cells starts',
  'the scan of the cells has ended',
  'the server is asked',
  'the server answers',
  'the server is told how good it was',
];

const RESULTS: readonly string[] = [
  'no error',
  'the server name is wrong',
  'HTTP error',
  'the socket could not be opened',
  'the socket could not be closed',
  'writing to the server failed',
  'reading from the server failed',
  'no connection to the server, or its name was not found',
  'the server does not accept the token',
  'error that is not named',
  'ended by somebody',
  'the server has sent no data',
];

const OK = 0;
const BAD_TOKEN = 8;
const ENDED = 10;
const NO_DATA = 11;
/** The last step that is about the server; in a step before it, nobody has been asked yet. */
const FIRST_SERVER_STEP = 2;
const FEEDBACK_STEP = 4;

export const stepWords = (step: number): string => STEPS[step] ?? `step ${step}`;
export const resultWords = (result: number): string => RESULTS[result] ?? `result ${result}`;

/** `none`: goes on as it should, or fails where it no longer matters. */
export type ProgressVerdict = 'none' | 'token' | 'server' | 'no-position';

/** What one line of progress says about the attempt. */
export function judgeProgress(step: number, result: number): ProgressVerdict {
  // Whatever step it is told at: only one thing can be meant.
  if (result === BAD_TOKEN) return 'token';
  // The position is on its way already.
  if (result === OK || step >= FEEDBACK_STEP) return 'none';
  if (result === ENDED || result === NO_DATA || step < FIRST_SERVER_STEP) return 'no-position';
  return 'server';
}
