// Which lines end a command (specs/modem.md 1.2): whole line, case-sensitive, after trimming.

const SUCCESS: ReadonlySet<string> = new Set(['OK', 'SEND OK', 'SHUT OK', 'CLOSE OK', 'CONNECT OK']);
const FAILURE: ReadonlySet<string> = new Set([
  'ERROR',
  'BUSY',
  'NO ANSWER',
  'NO DIALTONE',
  'NO DIAL TONE',
  'ABORTED',
  'SEND FAIL',
  'CONNECT FAIL',
  'COMMAND NOT SUPPORT',
  'NA',
]);
/** With or without a blank after the colon; the tail may be empty. */
const FAILURE_CODES = /^(?:\+CM[A-Z]? ?ERROR|\+EXT ERROR:|\+CIS ERROR|MODEM ERROR:)/;
/** Only for these is NO CARRIER an answer; otherwise it says that some socket was closed by its peer. */
const DIALS = /^AT(?:D|O|A\b|H)/i;
const ONLINE_SOCKET = /^AT#SD=(?:[^,]*,){6}0\b/i;

export type FinalKind = 'success' | 'failure';

/** What `line` means as an end of `command` (text as sent, without CR), or undefined when it ends nothing. */
export function finalKind(line: string, command: string): FinalKind | undefined {
  if (line === 'OK') return 'success';
  const first = line.charCodeAt(0);
  // Cheap way out for the usual information line.
  if (first === 0x23 /* # */) return undefined;
  if (SUCCESS.has(line)) return 'success';
  if (FAILURE.has(line)) return 'failure';
  if (line === 'CONNECT' || line.startsWith('CONNECT ')) return 'success';
  if (FAILURE_CODES.test(line)) return 'failure';
  if (line === 'NO CARRIER') return DIALS.test(command) || ONLINE_SOCKET.test(command) ? 'failure' : undefined;
  // Answers without words, until ATV1 is in force: digits of V.250.
  if (line === '0' && BASIC.test(command)) return 'success';
  if (line === '4' && BASIC.test(command)) return 'failure';
  return undefined;
}

const BASIC = /^AT(?:[EVQ]\d?)*$/i;

/** Lines a module prints when it starts: a silent reset when they come while we thought it was running. */
export const BOOT_TEXTS: ReadonlySet<string> = new Set([
  'RDY',
  '+READY',
  '^SYSSTART',
  '^SYSSTART AIRPLANE MODE',
  'POWERED DOWN',
  'NORMAL POWER DOWN',
  'SHUTDOWN',
]);
