// An error code in words: what it means, its cure, how it is retried, where it shows. `waymark explain` prints it, and
// docs/reference/errors.md is made of the same words.
import { ERRORS, type ErrorCode, type ErrorInfo, EXIT, type Retry, type Rung } from '../core/index.js';

export interface ErrorEntry {
  code: ErrorCode;
  means: string;
  cure: string;
  retry: Retry;
  /** The same in words. */
  retried: string;
  exit: number;
  rung?: Rung;
  /** What recovery begins with, in words. */
  recovery?: string;
  /** Where a person meets it. */
  shown: string;
}

export const CODES = Object.keys(ERRORS) as ErrorCode[];

const RETRIED: Readonly<Record<Retry, string>> = {
  now: 'at once, by itself',
  backoff: 'by itself, with growing pauses',
  after: 'by itself, once the pause that is asked for is over',
  never: 'no: the same would happen again',
  operator: 'only after a person has acted',
};

const RECOVERY: Readonly<Record<Rung, string>> = {
  repeat: 'the command is given again',
  resync: 'the dialogue with the module is brought back in step',
  reopen: 'the port is opened anew',
  'other-port': 'the module’s other AT port is used',
  'module-reset': 'the module is restarted',
  power: 'the module’s power is cut, where that can be done',
  resubscribe: 'the topics are subscribed anew',
  session: 'a new session is made',
  road: 'the session takes another road to the network',
  bearer: 'the data connection is made anew',
  registration: 'the module registers anew',
  radio: 'the radio is switched off and on',
  'give-back': 'the service manager starts the program anew',
};

const AT_START = 'at start, which it ends; and in the verb that met it';
const BELOW = 'below the lamps, in the lines of that service; the lamps stay as they are';

/** Where it is not where its room is. */
const SHOWN_OF: Readonly<Partial<Record<ErrorCode, string>>> = {
  'config.not-started': '`config` of `waymark status --json`, the answer of `waymark do reload-config`, and the log',
  'status.unavailable': 'the verb that asks a running agent',
};

/** By the first word of a code; every first word is here. */
const SHOWN: Readonly<Record<string, string>> = {
  config: AT_START,
  vault: AT_START,
  secret: `${AT_START}; \`waymark token list\` shows it, too`,
  credential: '`waymark token list`, and the lamp of what needs it: identity or session',
  link: 'lamp modem for the module’s port, lamp fix for the receiver’s',
  modem: 'lamp modem',
  sim: 'lamp SIM',
  network: 'lamp network',
  clock: 'lamp identity or session',
  net: 'lamp identity or session, and the lines of a cloud',
  tls: 'lamp identity or session, and the lines of a cloud',
  http: 'lamp identity, and the lines of a cloud',
  ztp: 'lamp identity',
  identity: 'lamp identity',
  mqtt: 'lamp session',
  ntrip: 'lamp session',
  corrections: 'lamp corrections, or session when none could be made for it',
  gnss: 'lamp fix',
  assist: BELOW,
  celllocate: BELOW,
  thingspace: BELOW,
  losant: BELOW,
  devicewise: BELOW,
  outbox: BELOW,
  command: 'the answer to the cloud that sent the command, and the log',
  fleet: BELOW,
  data: '`data` of `waymark status --json`, the page, the metrics, and the log',
  token: '`waymark token test` and `waymark token rotate`; `token.waits` until the trial in `waymark token list`',
  status: 'the answer of the door (the unix socket, or the page’s address), and the verb or page that asked',
  share: '`waymark page share`',
  backup: '`waymark bundle --backup` and `waymark restore`',
  wipe: '`waymark wipe`',
  demo: '`waymark demo` and `waymark sim`',
  cli: 'the verb, before it has done anything',
  core: 'what met it: a lamp, a cloud’s lines, a verb; and the log',
};

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** Where codes of that first word show. Undefined is a mistake of this file, which its test finds. */
export const shownByRoom = (code: ErrorCode): string | undefined => SHOWN[code.slice(0, code.indexOf('.'))];

/** What is known of one code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  const info: ErrorInfo = ERRORS[code];
  const { means, hint, retry, rung } = info;
  return {
    ...{ code, means, cure: hint, retry, retried: RETRIED[retry], exit: info.exit ?? EXIT.internal },
    ...(rung === undefined ? {} : { rung, recovery: RECOVERY[rung] }),
    shown: SHOWN_OF[code] ?? shownByRoom(code) ?? 'the log',
  };
}

/** How many letters must be changed, put in or taken out to make one word of the other. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of Array.from(a).entries()) {
    const line = [row + 1];
    for (const [column, other] of Array.from(b).entries())
      line.push(
        Math.min(
          (above[column + 1] ?? 0) + 1,
          (line[column] ?? 0) + 1,
          (above[column] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    above = line;
  }
  return above[b.length] ?? 0;
}

/** The longest text that is compared: a code is far shorter. */
const LONGEST = 60;
const FAR = 4;

/** Codes that somebody may have meant, best first: parts of one, or a slip of the keyboard. */
export function nearCodes(text: string): ErrorCode[] {
  const asked = text.toLowerCase().slice(0, LONGEST);
  if (asked === '') return [];
  const parts = CODES.filter((code) => code.includes(asked));
  const slips = CODES.map((code) => {
    const last = code.slice(code.indexOf('.') + 1);
    return { code, far: Math.min(distance(asked, code), distance(asked, last) + 1) };
  })
    .filter(({ far }) => far <= Math.min(FAR, asked.length / 3))
    .sort((a, b) => a.far - b.far)
    .map(({ code }) => code);
  return [...new Set([...parts, ...slips])].slice(0, 12);
}
