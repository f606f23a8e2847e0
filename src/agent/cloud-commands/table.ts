// The five commands a cloud may send and the exact form of each payload: no member more, no value outside its bounds.
// Names are taken as they are written here; one that is only similar is a question back, never a guess that runs.
//
//   report-status        {}                      the status object, free of secrets
//   resubscribe          {}                      the corrections are asked for again; without a session one is tried at once
//   renew-identity       {reason?: text ≤ 120}   another identity is asked of the provisioning service, within its budgets
//   recover              {rung}                  one rung of the network ladder, up to commands.maxRung and its budgets
//   set-report-interval  {seconds: 1..86400}     how often positions are reported; outlives a restart
//
// A payload that is absent or null counts as {}.
import { CLOUD_COMMANDS, type Config, nearest } from '../../config/index.js';
import { oneLine, scrubber } from '../../core/index.js';

export type CommandName = (typeof CLOUD_COMMANDS)[number];
export type RecoverRung = Config['commands']['maxRung'];

/** From the mildest to the furthest. */
export const RECOVER_RUNGS: readonly RecoverRung[] = [
  'resubscribe',
  'session',
  'road',
  'bearer',
  'registration',
  'radio',
];

/** One command whose payload is exactly of its form. */
export type Order =
  | { name: 'report-status' }
  | { name: 'resubscribe' }
  | { name: 'renew-identity'; reason: string | undefined }
  | { name: 'recover'; rung: RecoverRung }
  | { name: 'set-report-interval'; seconds: number };

export type OrderReading = { is: 'order'; order: Order } | { is: 'malformed'; why: string };

const MAX_SECONDS = 86_400;
const MAX_REASON = 120;
/** Visible letters and blanks: it goes into the log and to the provisioning machine. */
const REASON = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const SHOWN = 40;
/** Longer ones are not said back at all. */
const SHOWABLE = 512;

const malformed = (why: string): OrderReading => ({ is: 'malformed', why });
const order = (value: Order): OrderReading => ({ is: 'order', order: value });

/** Half a pair of surrogates, left by a cut or sent in spite, cannot be encoded. */
export const wellFormed = (text: string): string => text.replace(/\p{Cs}/gu, '?');

/** A name or member from outside as it may be said back. Scrubbed before it is cut: half a token is not recognised. */
export function shown(text: string): string {
  if (text.length > SHOWABLE) return `of ${text.length} characters`;
  const line = wellFormed(oneLine(scrubber.scrub(text)));
  return line.length > SHOWN ? `${wellFormed(line.slice(0, SHOWN))}…` : line;
}

/** The command of that very name. */
export const commandOf = (name: string): CommandName | undefined => CLOUD_COMMANDS.find((each) => each === name);

/** What is said of a name nobody knows. */
export function unknownWords(name: string): string {
  const near = nearest(name, CLOUD_COMMANDS);
  return `there is no command ${shown(name)}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

type Members = Readonly<Record<string, unknown>>;

/** The members, when there are none but these; otherwise what is wrong. */
function membersOf(payload: unknown, allowed: readonly string[]): Members | string {
  if (payload === undefined || payload === null) return {};
  if (typeof payload !== 'object' || Array.isArray(payload)) return 'the payload must be an object';
  // Own names only, and no look at what stands behind them: a payload may be of any size and depth.
  const names = Object.getOwnPropertyNames(payload);
  const foreign = names.find((name) => !allowed.includes(name));
  if (foreign !== undefined) {
    const near = nearest(foreign, allowed);
    return `the payload has a member ${shown(foreign)} that is not expected${near === undefined ? '' : `; did you mean ${near}?`}`;
  }
  return Object.fromEntries(names.map((name) => [name, (payload as Members)[name]]));
}

/** Pure: the payload of a command that is known by name. */
export function readOrder(name: CommandName, payload: unknown): OrderReading {
  switch (name) {
    case 'report-status':
    case 'resubscribe': {
      const members = membersOf(payload, []);
      return typeof members === 'string' ? malformed(members) : order({ name });
    }
    case 'renew-identity': {
      const members = membersOf(payload, ['reason']);
      if (typeof members === 'string') return malformed(members);
      const { reason } = members;
      if (reason === undefined) return order({ name, reason });
      if (typeof reason !== 'string' || reason.length > MAX_REASON || !REASON.test(reason))
        return malformed(`reason must be a text of 1 to ${MAX_REASON} visible characters`);
      return order({ name, reason });
    }
    case 'recover': {
      const members = membersOf(payload, ['rung']);
      if (typeof members === 'string') return malformed(members);
      const rung = RECOVER_RUNGS.find((each) => each === members['rung']);
      return rung === undefined ? malformed(`rung must be one of ${RECOVER_RUNGS.join(', ')}`) : order({ name, rung });
    }
    case 'set-report-interval': {
      const members = membersOf(payload, ['seconds']);
      if (typeof members === 'string') return malformed(members);
      const { seconds } = members;
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS)
        return malformed(`seconds must be a whole number from 1 to ${MAX_SECONDS}`);
      return order({ name, seconds });
    }
  }
}
