// What a person may type at the module. Pure: a line is `allowed`, `unsafe` (may be said with --unsafe) or `never`,
// whoever asks. The rule is a list of what is known to be harmless; the ban is a net under it that looks at every
// place of the line where a command could start, because modules do not agree on quotes, escapes and chains.
//
//   line ──control, not AT, +++, A/──→ never
//     │ blanks outside quotes go, capitals
//     ├─ every [+#$^%*]NAME anywhere: on the ban ──→ never        (the net)
//     └─ cut as V.250 says: each command on a list? ──→ allowed | unsafe | never, the worst of all
import {
  DATA_MODES,
  DESTRUCTIVE,
  EFFECTS,
  EXECUTIONS,
  HARMLESS_PIN_NAMES,
  LOGINS,
  PROMPTS,
  QUERIES,
  READS,
} from './guard-lists.js';

export type Judgement =
  | { verdict: 'allowed' }
  | { verdict: 'unsafe'; why: string }
  | { verdict: 'never'; why: string; hint: string };

const ALLOWED: Judgement = { verdict: 'allowed' };
const unsafe = (why: string): Judgement => ({ verdict: 'unsafe', why });
const never = (why: string, hint: string): Judgement => ({ verdict: 'never', why, hint });

/** Longer lines are not taken by every module. */
const MAX_LINE = 400;
const RANK = { allowed: 0, unsafe: 1, never: 2 } as const;
const worse = (a: Judgement, b: Judgement): Judgement => (RANK[b.verdict] > RANK[a.verdict] ? b : a);

const PIN_HINT =
  'A PIN in a file, named by modem.sim.pin, is tried once and safely; anything else about PINs is done in a phone.';
const DATA_HINT = 'The host’s own data path does that: see modem.dataPath in the configuration.';
const bans = {
  pin: (name: string) => never(`${name} enters or changes a PIN, PUK or lock code: the card could block`, PIN_HINT),
  card: (name: string) =>
    never(`${name} with these arguments writes to the card or proves a PIN to it`, `Reading is possible. ${PIN_HINT}`),
  form: (name: string) =>
    never(
      `${name} changes what ends or edits a command line: nobody could tell any more what is sent`,
      'A restart of the module (AT&F, AT+CFUN=1,1) brings the usual characters back.',
    ),
  data: (name: string) => never(`${name} takes the port away for data, and the agent loses the module`, DATA_HINT),
  prompt: (name: string) =>
    never(`${name} waits for bytes that cannot be typed here`, 'Use a terminal program while the agent is stopped.'),
  login: (name: string) =>
    never(
      `${name} carries a password or token, which would stay in histories and logs`,
      'Name the file that holds it in the configuration (modem.bearer.auth, modem.deviceWise).',
    ),
  destructive: (name: string) =>
    never(
      `${name} rewrites firmware, files or identity of the module`,
      'Use the maker’s own tool while the agent is stopped.',
    ),
};

/** Text after `=` cut at commas outside quotes, quotes removed. */
function fieldsOf(args: string): string[] {
  return args.split(',').map((field) => field.replaceAll('"', ''));
}

/** SIM files may be read (READ BINARY, READ RECORD, GET RESPONSE, STATUS); UPDATE and the rest are writes. */
const CARD_READS = new Set(['176', '178', '192', '242']);
/** Instruction bytes that only look and bring nothing along: STATUS, READ, GET RESPONSE, GET DATA; and SELECT. */
const APDU_READ = /^[0-9A-F]{2}(?:F2|B0|B2|C0|CA|CB)[0-9A-F]{4}(?:[0-9A-F]{2})?$/;
const APDU_SELECT = /^[0-9A-F]{2}A4[0-9A-F]{4}(?:([0-9A-F]{2})((?:[0-9A-F]{2})*))?$/;

/** One APDU that only looks, and nothing behind it that a module might take for a second one. */
function isHarmlessApdu(fields: readonly string[], place: number): boolean {
  const apdu = fields[place] ?? '';
  if (fields.length !== place + 1) return false;
  if (APDU_READ.test(apdu)) return true;
  const select = APDU_SELECT.exec(apdu);
  if (!select) return false;
  const [, length = '00', data = ''] = select;
  const missing = data.length / 2 - Number.parseInt(length, 16);
  // Behind the name there may be one byte more: how much is wanted back.
  return missing === 0 || missing === 1;
}

/** Why `name` with these arguments is never sent, or undefined. `args` is undefined without `=`. */
function banned(name: string, args: string | undefined, isQuestion: boolean): Judgement | undefined {
  if (isQuestion) return undefined;
  if (DESTRUCTIVE.has(name)) return bans.destructive(name);
  if (PROMPTS.has(name)) return name === '+USOWR' && isInline(args) ? undefined : bans.prompt(name);
  if (DATA_MODES.has(name)) return bans.data(name);
  if (args === undefined) return undefined;
  if (QUERIES.get(name)?.test(args) === true) return undefined;
  const fields = fieldsOf(args);
  if (name === '+CLCK') return (fields[2] ?? '') === '' ? undefined : bans.pin(name);
  if (name === '+CRSM') return CARD_READS.has(fields[0] ?? '') ? undefined : bans.card(name);
  if (name === '+CRLA') return CARD_READS.has(fields[1] ?? '') ? undefined : bans.card(name);
  if (name === '+CSIM') return isHarmlessApdu(fields, 1) ? undefined : bans.card(name);
  if (name === '+CGLA') return isHarmlessApdu(fields, 2) ? undefined : bans.card(name);
  if (/PIN|PUK|PWD|PASSW|LCK|LOCK/.test(name) && !HARMLESS_PIN_NAMES.has(name)) return bans.pin(name);
  if (LOGINS.get(name)?.test(args) === true) return bans.login(name);
  // Online instead of command mode.
  if (name === '#SD' && fields[6] !== '1') return bans.data(name);
  if (name === '+QIOPEN' && fields[6] === '2') return bans.data(name);
  return undefined;
}

/** `+USOWR=0,3,"ABC"`: the bytes stand in the line. */
const isInline = (args: string | undefined): boolean => (args ?? '').split(',').length > 2;

const NAME = /[+#$^%*_][A-Z][A-Z0-9_]*/g;

/** Looks at every place where some module might see a command start, inside quotes as well. */
function net(text: string): Judgement {
  for (const match of text.matchAll(NAME)) {
    const rest = text.slice(match.index + match[0].length).split(';', 1)[0] ?? '';
    const isQuestion = rest === '?' || rest === '=?';
    const found = banned(match[0], rest.startsWith('=') ? rest.slice(1) : undefined, isQuestion);
    if (found) return found;
  }
  return ALLOWED;
}

/** One extended command, from its prefix on. */
function judgeExtended(text: string): Judgement {
  const parts = /^([+#$^%*_][A-Z][A-Z0-9_]*)(\?|=\?|=(.*))?$/.exec(text);
  if (!parts) return unsafe('it is not a command this program knows');
  const [, name = '', tail = '', args] = parts;
  if (tail === '=?') {
    return name.endsWith('COPS')
      ? unsafe('looking for networks takes minutes and may end the data connection')
      : ALLOWED;
  }
  const ban = banned(name, args, tail === '?');
  if (ban) return ban;
  const isHarmless =
    tail === '' ? EXECUTIONS.has(name) : tail === '?' ? READS.has(name) : QUERIES.get(name)?.test(args ?? '') === true;
  if (isHarmless) return ALLOWED;
  if (tail === '?') return unsafe(`${name}? is not on the list of harmless questions`);
  const effect = EFFECTS.get(name);
  return unsafe(effect === undefined ? `${name} is not on the list of commands that only read` : `${name} ${effect}`);
}

/** One basic command: a letter, perhaps with `&`, and a number. */
function judgeBasic(text: string): Judgement {
  switch (text.startsWith('&') || text.startsWith('\\') || text.startsWith('%') ? text.slice(0, 2) : text[0]) {
    case 'I':
      return /^I\d{0,3}$/.test(text) ? ALLOWED : unsafe('it is not a command this program knows');
    case '&V':
      return ALLOWED;
    case 'D':
    case 'A':
    case 'O':
      return bans.data(`AT${text[0] ?? ''}`);
    case 'E':
    case 'V':
    case 'Q':
      return unsafe(`AT${text} changes the form of all answers, which the agent relies on`);
    case 'Z':
    case '&F':
      return unsafe(`AT${text} resets settings the agent relies on`);
    case 'S':
      // With another end of line or another backspace a module reads a line as something else than it looks like.
      if (/^S0*[345](?:=|$)/.test(text)) return bans.form(`AT${text}`);
      return /^S\d+\?$/.test(text) ? ALLOWED : unsafe(`AT${text} changes how lines and answers look`);
    default:
      return unsafe(`AT${text} is not on the list of commands that only read`);
  }
}

const BASIC = /S\d*(?:=\d*|\?)?|[A-Z]\d*(?:=?\?)?|[&\\%][A-Z]\d*/y;
const EXTENDED = /[+#$^*_]|%[A-Z]{2}/y;

/** The end of the extended command that starts at `from`: a semicolon outside quotes, or the end. */
function endOf(text: string, from: number): number {
  let inQuotes = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') inQuotes = !inQuotes;
    else if (text[i] === ';' && !inQuotes) return i;
  }
  return text.length;
}

/** What stands behind AT, cut into its commands. */
function judgeChain(text: string): Judgement {
  let verdict: Judgement = ALLOWED;
  for (let at = 0; at < text.length; ) {
    if (text[at] === ';') {
      at++;
      continue;
    }
    EXTENDED.lastIndex = at;
    if (EXTENDED.test(text)) {
      const end = endOf(text, at);
      verdict = worse(verdict, judgeExtended(text.slice(at, end)));
      at = end;
      continue;
    }
    BASIC.lastIndex = at;
    const basic = BASIC.exec(text)?.[0];
    if (basic === undefined) return worse(verdict, unsafe('it is not a command this program knows'));
    verdict = worse(verdict, judgeBasic(basic));
    // A dial string runs to the end of the line.
    if (basic.startsWith('D')) return verdict;
    at += basic.length;
  }
  return verdict;
}

/** Without the blanks outside quotes, in capitals; undefined when a quote is not closed. */
function plain(text: string): string | undefined {
  let out = '';
  let inQuotes = false;
  for (const c of text) {
    if (c === '"') inQuotes = !inQuotes;
    if (c !== ' ' || inQuotes) out += c;
  }
  return inQuotes ? undefined : out.toUpperCase();
}

/** Whether a line typed by a person may go to the module. Pure, never throws. */
export function judgeCommand(line: string): Judgement {
  if (line.length > MAX_LINE) return never('the line is too long', `At most ${MAX_LINE} characters.`);
  if (!/^[\x20-\x7e]*$/.test(line))
    return never('the line holds a control or foreign character', 'Only printable ASCII, one line.');
  const typed = line.trim();
  if (typed.includes('+++')) return never('+++ is the way out of data mode, not a command', DATA_HINT);
  if (/^A\s*\//i.test(typed)) return never('A/ repeats whatever was sent last', 'Type the whole command.');
  if (!/^AT/i.test(typed)) return never('a command starts with AT', 'Type the whole line, such as AT+CSQ.');
  const text = plain(typed.slice(2));
  if (text === undefined) return never('a quote is not closed', 'Close it: modules differ in what they make of it.');
  return worse(net(text.replaceAll(' ', '')), judgeChain(text));
}
