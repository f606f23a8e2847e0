// The net under the Secret type: every line that leaves the process passes here. Known values go first, in every form
// they might have been encoded to; then shapes that are secret wherever they stand (specs/tokens.md section 6).
import { replaceUnseen } from './unseen.js';

const MIN_KNOWN = 6;

const JSON_MEMBERS =
  'token|access_token|accessToken|sessionToken|refresh_token|refreshToken|id_token|client_secret|secret|accessSecret|accessKey|api_?token|password|newPassword|oldPassword|privateKey|appToken|sessionId|chipcode|tokens';

// Most lines are JSON, some JSON within JSON: a pattern must neither miss an escaped quote nor eat one, or the line no
// longer parses. `Q` is a quote at any of those depths; a quoted AT argument ends with the quote it began with.
const Q = String.raw`\\{0,3}"`;
const arg = (q: string): string =>
  String.raw`(?:(?<${q}>\\{0,3})"[^"\r\n]{0,512}?\k<${q}>"|${Q}[^"\\\r\n]{0,512}|[^",\\\s}]{1,512})`;
const ARG = arg('q');
/** The arguments to the end of an AT line, quoted or bare. */
const REST = `${arg('first')}(?:,${arg('more')}){0,7}`;
/** Not again where a known value was already replaced. */
const NEW = String.raw`(?!\[secret)`;

const at = (head: string, tail: string): RegExp => new RegExp(`(${head})${NEW}${tail}`, 'gi');

/** A secret member of JSON written out plainly (1), within a JSON string (2), or within one in one (4 backslashes an escape). */
function jsonMember(unit: number): RegExp {
  const quote = `\\\\{${unit - 1}}"`;
  const content = `(?:[^"\\\\]|\\\\{${unit}}(?:${quote}|\\\\{${unit}}|[^"\\\\]))`;
  return new RegExp(`(${quote}(?:${JSON_MEMBERS})${quote}\\s*:\\s*${quote})${NEW}${content}{1,8192}`, 'gi');
}

/** [pattern, replacement]; quantifiers are bounded and never nested, so hostile text costs linear time. */
const SHAPES: readonly [RegExp, string][] = [
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-"\\]|\\{1,4}[nrt]|-(?!----(?:BEGIN|END))){0,8000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
    '[secret pem]',
  ],
  [/\b(Bearer|Basic)([ \t]+)(?!\[secret)[^\s",\\]{1,4096}/gi, '$1$2[secret]'],
  [new RegExp(`(VZ-M2M-(?:Session)?Token(?:${Q})?\\s*:\\s*(?:${Q})?)${NEW}[^\\s",\\\\]{1,4096}`, 'gi'), '$1[secret]'],
  [
    /([?&;](?:token|access_token|refresh_token|client_secret|sessionToken|sessionId|newPassword|oldPassword|key|secret|password|chipcode)=)(?!\[secret)[^&;\s"\\]{1,4096}/gi,
    '$1[secret]',
  ],
  // The values of decryption keys as the provisioning answer has them.
  ...[1, 2, 4].map((unit): [RegExp, string] => {
    const quote = `\\\\{${unit - 1}}"`;
    const head = `${quote}(?:start|duration)${quote}\\s{0,8}:\\s{0,8}\\d{1,20}\\s{0,8},\\s{0,8}${quote}value${quote}`;
    return [new RegExp(`(${head}\\s{0,8}:\\s{0,8}${quote})${NEW}[0-9A-Za-z+/=]{1,256}`, 'gi'), '$1[secret]'];
  }),
  // As programs print their surroundings: a power hook's last words go into the log.
  [/((?:token|secret|passwd|password)=)(?!\[secret)[^&;\s"\\]{1,4096}/gi, '$1[secret]'],
  [/\beyJ[\w-]{1,4096}\.[\w-]{1,8192}\.[\w-]{0,4096}/g, '[secret jwt]'],
  ...[1, 2, 4].map((unit): [RegExp, string] => [jsonMember(unit), '$1[secret]']),
  [at(String.raw`(?:AT)?#DWCFG[=:] ?[^,\r\n]{0,256},[^,\r\n]{0,8},`, ARG), '$1[secret]'],
  [at(String.raw`(?:AT)?\+UGSRV[=:] ?[^,\r\n]{0,256},[^,\r\n]{0,256},`, ARG), '$1[secret]'],
  [at(String.raw`(?:AT)?(?:\+CGAUTH|\+UAUTHREQ|#PDPAUTH|\+QICSGP)=\d{1,3},\d{1,3},`, REST), '$1[secret]'],
  // Read back: context, then whatever the module keeps of the login.
  [at(String.raw`[+#](?:CGAUTH|UAUTHREQ|PDPAUTH|QICSGP|UPSD): ?\d{1,3},`, REST), '$1[secret]'],
  [at(String.raw`AT#SGACT=\d{1,3},\d,`, REST), '$1[secret]'],
  [at(String.raw`AT\+(?:CPIN|CPWD)=`, REST), '$1[secret]'],
  [at(String.raw`AT\+CLCK=${Q}?[A-Z]{2}${Q}?,\d,`, REST), '$1[secret]'],
];

/**
 * Text from outside made safe for a terminal or a log: controls become `\x1b` and the like. Keeps newline and tab.
 * The `json` form stays readable to a JSON parser when they stand in a string.
 */
export function escapeControls(text: string, form: 'short' | 'json' = 'short'): string {
  const escape = (unit: string): string => {
    const hex = unit.charCodeAt(0).toString(16);
    return form === 'short' && hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
  };
  return replaceUnseen(text, (sign) => (sign.length === 1 ? escape(sign) : sign.split('').map(escape).join('')));
}

/** Text from outside as a part of one line for people: it can neither steer a terminal nor begin a line of its own. */
export const oneLine = (text: string): string => escapeControls(text.replace(/[\t\r\n]+/g, ' '));

/** Of every kind the last so many are remembered: whatever a far side or a person may renew is renewed for years. */
const REMEMBERED = 64;
/** Those a far side may renew at every answer; the one before is of no use to anybody soon. */
const RENEWED: ReadonlyMap<string, number> = new Map([
  ['spartn-key', REMEMBERED],
  ['api-token', 16],
  ['session-token', 16],
  ['device-token', 16],
]);
/** Of all forms of a kind together; each line is searched for all of them. */
const MAX_BYTES_OF_KIND = 256 * 1024;
/** A longer form is known by its head, if what follows is of `TAIL`, and is replaced as far as it may reach. */
const HEAD = 256;
const TAIL = String.raw`[\w.~+/=%-]`;
const IS_TAIL = new RegExp(`^${TAIL}+$`);

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export interface Scrubber {
  /** Adds a live secret value with its base64, hex, URL-encoded and JSON-escaped forms; of each kind the last are remembered. */
  register(kind: string, value: string): void;
  /** The text with every known value and secret shape replaced. Idempotent. */
  scrub(text: string): string;
}

/** Means the same in either case: one that is corrected before it is sent comes back in another than it was read in. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Every way the value may stand in a line. */
function formsOf(value: string): string[] {
  const buffer = Buffer.from(value, 'utf8');
  const escaped = JSON.stringify(value).slice(1, -1);
  const forms = [
    value,
    buffer.toString('base64'),
    buffer.toString('base64').replace(/=+$/, ''),
    buffer.toString('base64url'),
    buffer.toString('hex'),
    buffer.toString('hex').toUpperCase(),
    encodeURIComponent(value),
    encodeURI(value),
    escaped,
    JSON.stringify(escaped).slice(1, -1),
  ];
  // A PEM body must not survive when its lines are printed one by one.
  for (const line of value.split('\n')) if (line.length >= 32 && !line.startsWith('-----')) forms.push(line);
  return forms;
}

/** What is kept of a form: all of it, or its head. */
const keyOf = (form: string): string =>
  form.length > HEAD && IS_TAIL.test(form.slice(HEAD)) ? form.slice(0, HEAD) : form;

interface Known {
  kind: string;
  /** How many values have it. */
  values: number;
  /** What may follow a head. */
  tail: number;
}

export function createScrubber(): Scrubber {
  const known = new Map<string, Known>();
  /** By kind: value to the keys of its forms, the oldest first. */
  const remembered = new Map<string, Map<string, readonly string[]>>();
  const bytes = new Map<string, number>();
  let pattern: RegExp | undefined;

  const weigh = (kind: string, keys: readonly string[], sign: 1 | -1): void => {
    const length = keys.reduce((sum, key) => sum + key.length, 0);
    bytes.set(kind, (bytes.get(kind) ?? 0) + sign * length);
  };
  /** True when it was remembered: it is the newest again. */
  const renew = (values: Map<string, readonly string[]>, value: string): boolean => {
    const keys = values.get(value);
    if (!keys) return false;
    values.delete(value);
    values.set(value, keys);
    return true;
  };
  const forgetOldest = (kind: string, values: Map<string, readonly string[]>): void => {
    const [oldest] = values;
    if (!oldest) return;
    const [value, keys] = oldest;
    values.delete(value);
    weigh(kind, keys, -1);
    // What another secret has for a value or form, too, stays.
    for (const key of keys) {
      const one = known.get(key);
      if (one && --one.values === 0) known.delete(key);
    }
  };
  const learn = (kind: string, value: string): string[] => {
    const tails = new Map<string, number>();
    for (const given of UUID.test(value) ? [value, value.toLowerCase(), value.toUpperCase()] : [value])
      for (const form of formsOf(given)) {
        const key = keyOf(form);
        if (form.length >= MIN_KNOWN) tails.set(key, Math.max(tails.get(key) ?? 0, form.length - key.length));
      }
    for (const [key, tail] of tails) {
      const one = known.get(key) ?? { kind, values: 0, tail };
      // The kind that lasts is the one to be told.
      const isTold = RENEWED.has(one.kind) || !RENEWED.has(kind);
      known.set(key, { kind: isTold ? kind : one.kind, values: one.values + 1, tail: Math.max(one.tail, tail) });
    }
    return [...tails.keys()];
  };
  const source = ([key, { tail }]: [string, Known]): string =>
    tail === 0 ? escapeRegExp(key) : `${escapeRegExp(key)}${TAIL}{0,${tail}}`;
  const nameOf = (hit: string): string => (known.get(hit) ?? known.get(hit.slice(0, HEAD)))?.kind ?? '';

  return {
    register(kind, value) {
      const values = remembered.get(kind) ?? new Map<string, readonly string[]>();
      remembered.set(kind, values);
      if (value.length < MIN_KNOWN || renew(values, value)) return;
      const keys = learn(kind, value);
      values.set(value, keys);
      weigh(kind, keys, 1);
      while (
        values.size > (RENEWED.get(kind) ?? REMEMBERED) ||
        (values.size > 1 && (bytes.get(kind) ?? 0) > MAX_BYTES_OF_KIND)
      )
        forgetOldest(kind, values);
      pattern = undefined;
    },
    scrub(text) {
      let out = text;
      if (known.size > 0) {
        pattern ??= new RegExp(
          [...known]
            .sort(([a], [b]) => b.length - a.length)
            .map(source)
            .join('|'),
          'g',
        );
        out = out.replace(pattern, (hit) => `[secret ${nameOf(hit)}]`);
      }
      for (const [shape, replacement] of SHAPES) out = out.replace(shape, replacement);
      return out;
    },
  };
}

/** The process's scrubber: secrets register themselves, sinks use it. */
export const scrubber: Scrubber = createScrubber();
