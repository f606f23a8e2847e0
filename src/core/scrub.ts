// The net under the Secret type: every line that leaves the process passes here. Known values go first, in every form
// they might have been encoded to; then shapes that are secret wherever they stand (specs/tokens.md section 6).

const MIN_KNOWN = 6;

const JSON_MEMBERS =
  'token|access_token|sessionToken|refresh_token|secret|password|newPassword|oldPassword|privateKey|appToken|sessionId|chipcode|tokens';

/** [pattern, replacement]; quantifiers are bounded and never nested, so hostile text costs linear time. */
const SHAPES: readonly [RegExp, string][] = [
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
    '[secret pem]',
  ],
  [/\b(Bearer|Basic)\s+[^\s",]{1,4096}/gi, '$1 [secret]'],
  [/(VZ-M2M-Token"?\s*:\s*"?)[^\s",]{1,4096}/gi, '$1[secret]'],
  [/([?&;](?:token|access_token|key|secret|password|chipcode)=)[^&;\s"]{1,4096}/gi, '$1[secret]'],
  [/\beyJ[\w-]{1,4096}\.[\w-]{1,8192}\.[\w-]{0,4096}/g, '[secret jwt]'],
  [new RegExp(`(\\\\?"(?:${JSON_MEMBERS})\\\\?"\\s*:\\s*\\\\?")(?!\\[secret)[^"\\\\]{1,8192}`, 'gi'), '$1[secret]'],
  [/((?:AT)?#DWCFG[=:] ?[^,\r\n]{0,256},[^,\r\n]{0,8},)[^,\r\n]{1,256}/gi, '$1[secret]'],
  [/((?:AT)?\+UGSRV[=:] ?[^,\r\n]{0,256},[^,\r\n]{0,256},)[^,\r\n]{1,256}/gi, '$1[secret]'],
  [/((?:AT)?(?:\+CGAUTH|\+UAUTHREQ|#PDPAUTH|\+QICSGP)=\d{1,3},\d{1,3}),[^\r\n]{1,400}/gi, '$1,[secret]'],
  [/(AT#SGACT=\d{1,3},\d),[^\r\n]{1,400}/gi, '$1,[secret]'],
  [/(AT\+CPIN=)[^\r\n]{1,40}/gi, '$1[secret]'],
  [/(AT\+CPWD=|AT\+CLCK="?[A-Z]{2}"?,\d,)[^\r\n]{1,80}/gi, '$1[secret]'],
];

/** Controls and bidirectional marks that JSON leaves raw; a terminal would obey them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: naming them is the purpose
const TERMINAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;

/** Text from outside made safe for a terminal or a log: controls become `\x1b` and the like. Keeps newline and tab. */
export function escapeControls(text: string): string {
  return text.replace(TERMINAL, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export interface Scrubber {
  /** Adds a live secret value with its base64, hex, URL-encoded and JSON-escaped forms. */
  register(kind: string, value: string): void;
  /** The text with every known value and secret shape replaced. Idempotent. */
  scrub(text: string): string;
}

export function createScrubber(): Scrubber {
  const known = new Map<string, string>();
  let pattern: RegExp | undefined;
  return {
    register(kind, value) {
      if (value.length < MIN_KNOWN || known.has(value)) return;
      const buffer = Buffer.from(value, 'utf8');
      const forms = [
        value,
        buffer.toString('base64'),
        buffer.toString('base64').replace(/=+$/, ''),
        buffer.toString('base64url'),
        buffer.toString('hex'),
        buffer.toString('hex').toUpperCase(),
        encodeURIComponent(value),
        JSON.stringify(value).slice(1, -1),
        JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
      ];
      // A PEM body must not survive when its lines are printed one by one.
      for (const line of value.split('\n')) if (line.length >= 32 && !line.startsWith('-----')) forms.push(line);
      for (const form of forms) if (form.length >= MIN_KNOWN) known.set(form, kind);
      pattern = undefined;
    },
    scrub(text) {
      let out = text;
      if (known.size > 0) {
        pattern ??= new RegExp(
          [...known.keys()]
            .sort((a, b) => b.length - a.length)
            .map(escapeRegExp)
            .join('|'),
          'g',
        );
        out = out.replace(pattern, (hit) => `[secret ${known.get(hit) ?? ''}]`);
      }
      for (const [shape, replacement] of SHAPES) out = out.replace(shape, replacement);
      return out;
    },
  };
}

/** The process's scrubber: secrets register themselves, sinks use it. */
export const scrubber: Scrubber = createScrubber();
