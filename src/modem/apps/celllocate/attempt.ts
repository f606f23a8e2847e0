// One question for a position, as a machine (specs/ublox.md 5.1). Pure: what it wants done comes out as effects, what
// became of it goes in as events. The clock is in the deadlines that it asks for; expiry is an event.
//
//   idle ──begin──→ servers ──ready──→ asked ──URC──→ progress ──+UULOC, all of them──→ done | failed
//                      │                │  ↑             │ result 8          failed ↑
//                      │ failed         │  └─paused──┐   ├──→ refused ──+UULOC, expiry──┘
//                      ↓         busy   │            │   │ the first other error: a short wait for what comes of it
//                   failed      ←─────  ├──→ pausing ┘   └──expired──→ done (best so far) | failed
//                     7 times busy      │
//                                       └─ form not known ──→ asked, with the next form | failed
//
// Whatever the module goes on saying, the question ends: the wait starts anew only for the first of several errors and
// for the second server's turn, and the time of two servers is the end of it all.
//
// A refused token is told only once the line that still follows it has come (or has not come for a while): it says
// nothing, and must not be taken for the answer to the next question.
import { type Step, WaymarkError } from '../../../core/index.js';
import { implausible, type UulocProgress, type UulocReport } from './parse.js';
import { judgeProgress, resultWords, stepWords } from './words.js';

/** Response type of +ULOC: 0 short, 1 detailed, 2 several hypotheses. */
export type ResponseType = 0 | 1 | 2;

export interface AttemptRules {
  /** In the order in which they are tried. */
  responseTypes: readonly ResponseType[];
  /** The module's own time for an answer, ms. */
  timeoutMs: number;
}

interface Asking {
  /** Place in `responseTypes`. */
  form: number;
  /** How often the module was busy. */
  busy: number;
}

interface Listening extends Asking {
  heard: readonly UulocReport[];
  /** The last step told, and an error that nothing has made good since. */
  last: UulocProgress | undefined;
  trouble: UulocProgress | undefined;
}

export type AttemptState =
  | { at: 'idle' }
  | { at: 'servers' }
  | ({ at: 'pausing' } & Asking)
  | ({ at: 'asked' | 'progress' } & Listening)
  | { at: 'refused'; error: WaymarkError }
  | { at: 'done'; report: UulocReport }
  /** `isOwed`: the module is still at it and will say something. */
  | { at: 'failed'; error: WaymarkError; isOwed: boolean };

export type AttemptEvent =
  | { is: 'begin' }
  | { is: 'servers-ready' }
  /** Anything else that ends the attempt: the port is gone, the servers could not be written. */
  | { is: 'failed'; error: WaymarkError }
  | { is: 'declined'; because: 'busy' | 'form' | 'other'; error: WaymarkError }
  | { is: 'paused' }
  | { is: 'progress'; progress: UulocProgress }
  | { is: 'report'; report: UulocReport }
  | { is: 'expired' };

export type AttemptEffect =
  | { do: 'prepare-servers' }
  | { do: 'ask'; responseType: ResponseType }
  | { do: 'pause'; ms: number }
  /** `expired` is due after so long; takes the place of the one before. */
  | { do: 'expire-after'; ms: number }
  /** `expired` is due after so long, whatever `expire-after` says. */
  | { do: 'end-after'; ms: number };

/** The module is asked again so often, with such pauses. */
const BUSY_TRIES = 6;
const BUSY_PAUSE_MS = 10_000;
/** On top of the module's own time: the command itself may take ten seconds. */
const MARGIN_MS = 20_000;
/** After an error, for the second server's turn and for the line that closes the attempt. */
const AFTER_ERROR_MS = 15_000;
/** The module has a name for each, and no more. */
const SERVERS = 2;

type Next = Step<AttemptState, AttemptEffect>;

const stay = (state: AttemptState): Next => ({ state });

function fail(error: WaymarkError, isOwed = false): Next {
  return { state: { at: 'failed', error, isOwed } };
}

function ask(rules: AttemptRules, asking: Asking): Next {
  const responseType = rules.responseTypes[asking.form] ?? 0;
  return {
    state: { at: 'asked', ...asking, heard: [], last: undefined, trouble: undefined },
    effects: [
      { do: 'end-after', ms: SERVERS * (rules.timeoutMs + MARGIN_MS) },
      { do: 'expire-after', ms: rules.timeoutMs + MARGIN_MS },
      { do: 'ask', responseType },
    ],
  };
}

/** The error of a step that went wrong; evidence `{step, result, words}`. */
export function progressError({ step, result }: UulocProgress): WaymarkError {
  const words = resultWords(result);
  const verdict = judgeProgress(step, result);
  const code =
    verdict === 'token' ? 'celllocate.token' : verdict === 'server' ? 'celllocate.server' : 'celllocate.no-position';
  return new WaymarkError(code, `CellLocate, while ${stepWords(step)}: ${words}`, {
    evidence: { step, result, words },
  });
}

function noPosition(state: Listening, why: string): WaymarkError {
  if (state.trouble) return progressError(state.trouble);
  const { last } = state;
  return new WaymarkError('celllocate.no-position', `CellLocate: ${why}`, {
    evidence: last ? { step: last.step, result: last.result, words: resultWords(last.result) } : undefined,
    hint: last
      ? undefined
      : 'The module does not say why: look up in the Thingstream portal whether the token is still good, and check the data connection.',
  });
}

/** A position the module remembers is none that the server gave: after an error it says nothing about now. */
function isBelievable(report: UulocReport, trouble: UulocProgress | undefined): boolean {
  return implausible(report) === undefined && !(trouble && report.sensor === 'last');
}

function bestOf({ heard, trouble }: Listening): UulocReport | undefined {
  let best: UulocReport | undefined;
  for (const report of heard)
    if (isBelievable(report, trouble) && (!best || report.uncertaintyM < best.uncertaintyM)) best = report;
  return best;
}

/** `isOwed`: not all that was announced has come. */
function conclude(state: Listening, why: string, isOwed: boolean): Next {
  const best = bestOf(state);
  return best ? { state: { at: 'done', report: best } } : fail(noPosition(state, why), isOwed);
}

function takeReport(state: Listening, report: UulocReport): Next {
  const { hypothesis } = report;
  const others = hypothesis ? state.heard.filter((one) => one.hypothesis?.index !== hypothesis.index) : [];
  const heard = [...others, report];
  const next: Listening = { ...state, heard };
  const isWhole = hypothesis === undefined || heard.length >= hypothesis.count;
  if (isWhole) return conclude(next, implausible(report) ?? 'it is a position from before', false);
  return { state: { ...next, at: 'progress' } };
}

function takeProgress(rules: AttemptRules, state: Listening, progress: UulocProgress): Next {
  const verdict = judgeProgress(progress.step, progress.result);
  const listening: AttemptState = { ...state, at: 'progress', last: progress };
  switch (verdict) {
    case 'token':
      return {
        state: { at: 'refused', error: progressError(progress) },
        effects: [{ do: 'expire-after', ms: AFTER_ERROR_MS }],
      };
    case 'server':
    case 'no-position':
      return {
        state: { ...listening, trouble: progress },
        effects: state.trouble ? [] : [{ do: 'expire-after', ms: AFTER_ERROR_MS }],
      };
    case 'none':
      // The second server's turn: what the first one failed at is over.
      return state.trouble && progress.result === 0
        ? {
            state: { ...listening, trouble: undefined },
            effects: [{ do: 'expire-after', ms: rules.timeoutMs + MARGIN_MS }],
          }
        : stay(listening);
  }
}

function decline(rules: AttemptRules, state: Listening, event: AttemptEvent & { is: 'declined' }): Next {
  const { form, busy } = state;
  switch (event.because) {
    case 'busy':
      if (busy >= BUSY_TRIES)
        return fail(
          new WaymarkError('celllocate.busy', `the module's positioning is in use after ${busy + 1} tries`, {
            cause: event.error,
            evidence: event.error.evidence,
          }),
        );
      return {
        state: { at: 'pausing', form, busy: busy + 1 },
        effects: [{ do: 'pause', ms: BUSY_PAUSE_MS }],
      };
    case 'form':
      return form + 1 < rules.responseTypes.length ? ask(rules, { form: form + 1, busy }) : fail(event.error);
    case 'other':
      return fail(event.error);
  }
}

/** The attempt after one more event. What comes when it is over changes nothing. */
export function nextAttempt(rules: AttemptRules, state: AttemptState, event: AttemptEvent): Next {
  if (state.at === 'done' || state.at === 'failed') return stay(state);
  if (event.is === 'failed')
    return fail(event.error, state.at === 'asked' || state.at === 'progress' || state.at === 'refused');
  switch (state.at) {
    case 'idle':
      return event.is === 'begin' ? { state: { at: 'servers' }, effects: [{ do: 'prepare-servers' }] } : stay(state);
    case 'servers':
      return event.is === 'servers-ready' ? ask(rules, { form: 0, busy: 0 }) : stay(state);
    case 'pausing':
      return event.is === 'paused' ? ask(rules, { form: state.form, busy: state.busy }) : stay(state);
    case 'asked':
    case 'progress':
      switch (event.is) {
        case 'declined':
          return decline(rules, state, event);
        case 'progress':
          return takeProgress(rules, state, event.progress);
        case 'report':
          return takeReport(state, event.report);
        case 'expired':
          return conclude(state, 'nothing came in time', true);
        default:
          return stay(state);
      }
    case 'refused':
      // Whatever the line says, it is not a position.
      if (event.is === 'report') return fail(state.error);
      return event.is === 'expired' ? fail(state.error, true) : stay(state);
  }
}
