// Commands as values: every value from outside passes one of these encoders before it can become part of a line.
// Modules do not agree on escapes, so what would need one is refused (`modem.injection`), before any byte is written.
import type { Secret } from '../core/index.js';
import { WaymarkError } from '../core/index.js';
import type { PayloadRule, PromptKind } from './tokenizer.js';

export interface AtCommand {
  /** The line without its CR, starting with `AT`. */
  text: string;
  /** What is shown instead in transcripts and errors, when the line holds a secret. */
  shown?: string;
  /** The secret values in `text`, by which they are known again when the module repeats them. */
  secrets?: readonly string[];
  /** Replaces the ceiling of the table (limits.ts). */
  deadlineMs?: number;
  /** An OK without a line that starts so means lost step (`modem.desync`). */
  expect?: string;
  /** Counted bytes in the answer. */
  payload?: PayloadRule;
  /** The module asks for bytes first. */
  prompt?: PromptKind;
}

const MAX_COMMAND = 1000;
const PRINTABLE = /^[\x20-\x7e]*$/;
/** Quote, semicolon and backslash end or chain commands; everything outside printable ASCII may end the line. */
const STRING = /^[\x20\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]*$/;

function refuse(what: string, why: string, hint?: string): never {
  throw new WaymarkError('modem.injection', `${what}: ${why}`, { hint });
}

/** A string in double quotes. Errors: `modem.injection`. The value itself is never part of the message. */
export function quoted(value: string, what: string, maxLength = 256): string {
  if (value.length > maxLength) refuse(what, `longer than ${maxLength} characters`);
  if (!STRING.test(value)) refuse(what, 'holds a character that must not reach an AT line');
  return `"${value}"`;
}

/** A whole number within `min..max`. Errors: `modem.injection`. */
export function numeral(value: number, min: number, max: number, what: string): string {
  if (!Number.isInteger(value) || value < min || value > max) refuse(what, `not a whole number from ${min} to ${max}`);
  return String(value);
}

/** An access point name in quotes; empty means the network's choice. Errors: `modem.injection`. */
export function accessPoint(value: string): string {
  if (value !== '' && !/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/.test(value))
    refuse('apn', 'only letters, digits, dots, hyphens and underscores, at most 100');
  return `"${value}"`;
}

/** `host` or `host:port`, unquoted as #DWCFG wants it; a missing port is written out. Errors: `modem.injection`. */
export function deviceWiseServer(value: string, security: 0 | 1): string {
  if (!/^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$/.test(value)) refuse('deviceWise.server', 'not of the form host:port');
  const port = value.split(':')[1];
  // Without a port some firmware keeps the port of the session before.
  if (port === undefined) return `${value}:${security === 1 ? 8883 : 1883}`;
  if (Number(port) < 1 || Number(port) > 65_535) refuse('deviceWise.server', 'port out of range');
  return value;
}

/** The app token, unquoted. Errors: `modem.injection` with the other road offered. */
export function deviceWiseToken(token: Secret): string {
  const value = token.reveal();
  if (!/^[\x21-\x7e]{1,256}$/.test(value) || /[,";\\]/.test(value))
    refuse(
      'deviceWise.appToken',
      'holds a character that AT#DWCFG cannot carry',
      'This token holds a comma, quote, semicolon, backslash or blank: make one without, or use the gateway’s own MQTT road to deviceWISE.',
    );
  return value;
}

/** A server name in quotes for +UGSRV, without scheme or port. Errors: `modem.injection`. */
export function cellLocateServer(value: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value))
    refuse('cellLocate server', 'not a host name or address');
  return `"${value}"`;
}

/** The CellLocate token in quotes; `text` is the line's, `value` what is secret in it. Errors: `modem.injection`. */
export function cellLocateToken(token: Secret): { text: string; value: string } {
  const value = token.reveal();
  // A comma is no trouble for the quotes, but some firmware counts it all the same.
  if (!/^[\x21-\x7e]{1,128}$/.test(value) || /[,";\\]/.test(value))
    refuse(
      'cellLocate.token',
      'holds a character that AT+UGSRV cannot carry',
      'Copy the CellLocate token again from the Thingstream portal (Location Services, Location Tokens): it has letters, digits, hyphens and underscores only.',
    );
  return { text: `"${value}"`, value };
}

/** A line typed by a person or taken from a profile, checked as a whole. Errors: `modem.injection`. */
export function rawCommand(text: string): AtCommand {
  const line = text.trim();
  if (!/^AT/i.test(line)) refuse('command', 'does not start with AT');
  return { text: line };
}

/** The last gate before the port: one line, printable, bounded, whoever made it. Errors: `modem.injection`. */
export function assertSendable(command: AtCommand): void {
  if (command.text.length > MAX_COMMAND) refuse('command', `longer than ${MAX_COMMAND} characters`);
  if (!PRINTABLE.test(command.text)) refuse('command', 'holds a control or non-ASCII character');
}

/** `+CREG` of `AT+CREG?`: the prefix its answers carry. Empty for basic commands. */
export function answerPrefix(text: string): string {
  return /^AT([+#$^*%&][A-Za-z0-9]+)/i.exec(text)?.[1]?.toUpperCase() ?? '';
}
