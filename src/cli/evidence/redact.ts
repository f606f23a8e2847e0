// What every text passes before it goes into a bundle, whoever made it: known secrets and secret shapes go, PEM blocks go
// altogether, what a terminal would obey is escaped, identifiers keep their last four characters, and positions three
// decimals: a hundred metres (specs/reliability.md section 6).
import { escapeControls, maskIdentifier, scrubber, WaymarkError } from '../../core/index.js';

type Rule = readonly [RegExp, string | ((...found: string[]) => string)];

/** Any PEM block, plainly or within JSON; bounded, so hostile text costs linear time. */
const PEM = /-----BEGIN [A-Z0-9 ]{1,40}-----[^-]{0,16000}-----END [A-Z0-9 ]{1,40}-----/g;
const RULES: readonly Rule[] = [
  [PEM, '[pem]'],
  // An upload cut off in the middle.
  [/-----BEGIN [A-Z0-9 ]{1,40}-----[^"-]{0,16000}/g, '[pem]'],
  // User and query of an address.
  [/\b([a-z][a-z0-9+.-]{1,15}:\/\/)[^/\s"'@]{1,300}@/gi, '$1[user]@'],
  [/\b(https?:\/\/[^\s"'?#]{1,500})\?[^\s"'#\\]{1,2000}/gi, '$1?[query]'],
  // IMEI, IMSI, ICCID; telephone numbers; addresses of network cards.
  [/(?<![0-9A-Za-z.])\d{14,22}F{0,2}(?![0-9A-Za-z])/gi, (hit) => maskIdentifier(hit)],
  [/(?<![0-9A-Za-z])\+\d{8,15}(?!\d)/g, (hit) => maskIdentifier(hit)],
  [/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi, (hit) => maskIdentifier(hit)],
  // As NMEA and modules write them: degrees and minutes before a hemisphere.
  [/\b(\d{4,5}\.\d)\d{1,12}(?=,?[NSEW]\b)/g, '$1'],
  [/(?<![\d.])(\d{1,3}\.\d{3})\d{1,17}(?!\d)/g, '$1'],
];

/** Members of JSON that identify a card, a module or a line, whatever they look like. */
const IDENTIFIERS =
  /^(?:imei|iccid|imsi|msisdn|ownNumber|hardwareId|serial|serialNumber|mac|clientId|userName|bssid)$/i;

/** Text as it may leave the house. Idempotent. */
export function redact(text: string): string {
  let out = scrubber.scrub(text);
  for (const [pattern, by] of RULES) out = out.replace(pattern, by as string);
  return escapeControls(out, 'json');
}

/** JSON as it may leave the house. */
export function redactJson(value: unknown): string {
  const masked = (key: string, item: unknown): unknown =>
    typeof item === 'string' && IDENTIFIERS.test(key) && !item.startsWith('…') ? maskIdentifier(item) : item;
  return redact(`${JSON.stringify(value, masked, 2)}\n`);
}

/** The last look before anything is written. Errors: `core.internal` naming the file, never what was found. */
export function assertClean(name: string, text: string): void {
  if (scrubber.scrub(text) !== text || /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/.test(text))
    throw new WaymarkError('core.internal', `${name} would still hold a secret: nothing was written`, {
      hint: 'Report this with the version of the program; send the other outputs by hand.',
    });
}
