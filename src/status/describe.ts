// The snapshot in plain words, for a person on a ladder.
import { escapeControls } from '../core/index.js';
import { locationLines } from './describe-location.js';
import { duration } from './durations.js';
import { evidenceWords } from './evidence.js';
import type { LampView, StatusSnapshot } from './snapshot.js';
import type { CredentialView, ModemView } from './views.js';

const MARK = { lit: '●', waiting: '◐', dark: '○', absent: '–' } as const;
const COLOUR = { lit: 32, waiting: 33, dark: 31, absent: 90 } as const;

const paint = (colour: number, text: string, on: boolean): string => (on ? `\u001b[${colour}m${text}\u001b[0m` : text);

/** The lamp a person should look at: the first that should be lit and is not. */
export function firstDark(lamps: readonly LampView[]): LampView | undefined {
  return lamps.find((lamp) => lamp.state === 'dark' || lamp.state === 'waiting');
}

const RUNG_WORDS: Readonly<Record<string, string>> = {
  reopen: 'opening the port anew',
  'other-port': 'the module’s other AT port',
  'module-reset': 'restarting the module',
  power: 'cutting the module’s power',
  bearer: 'a new data connection',
  registration: 'registering anew',
  radio: 'switching the radio off and on',
};

/** Credentials that come with another one's provisioning. */
const BROUGHT_BY: Readonly<Record<string, string>> = {
  'client-certificate': 'ztp-token',
  'ntrip-account': 'ztp-token',
  'spartn-keys': 'ztp-token',
  'assistnow-chipcode': 'assistnow-token',
};

/** The credential that brings a missing one: what is wrong, and what to do, is said there. */
function awaitedFrom({ id, state }: CredentialView, all: readonly CredentialView[]): string | undefined {
  const root = BROUGHT_BY[id];
  return state === 'missing' && all.some((other) => other.id === root) ? root : undefined;
}

const PAINTED = /^( *)\u001b\[\d{1,2}m(.)\u001b\[0m/;

function lampLine(lamp: LampView, colour: boolean): string {
  const label = lamp.name === 'sim' ? 'SIM' : lamp.name;
  const said =
    lamp.state === 'lit'
      ? (lamp.detail ?? '')
      : (lamp.message ?? lamp.detail ?? (lamp.state === 'absent' ? 'not configured' : ''));
  return `  ${paint(COLOUR[lamp.state], MARK[lamp.state], colour)} ${label.padEnd(12)}${said}`;
}

/** Words onto lines of at most `width` columns; what follows the first is indented like it, and two more. */
function wrap(line: string, width: number): string[] {
  const painted = PAINTED.exec(line);
  if (painted) {
    // Colour takes no columns: wrap without it and put it back.
    const [all, indent = '', mark = ''] = painted;
    const [first = '', ...more] = wrap(`${indent}${mark}${line.slice(all.length)}`, width);
    return [all + first.slice(indent.length + mark.length), ...more];
  }
  if (line.length <= width) return [line];
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
  const out: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) /)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (longer.length > width && current !== '') {
      out.push(current);
      current = `${indent}${word}`;
    } else current = longer;
  }
  return [...out, current];
}

/** Several lines of text ending in a newline, none wider than `width` (as far as words allow). */
export function describeStatus(status: StatusSnapshot, options: { colour: boolean; width?: number }): string {
  const lines = [`Waymark ${status.version}: ${status.why}`, ''];
  const dark = firstDark(status.lamps);
  for (const lamp of status.lamps) {
    lines.push(lampLine(lamp, options.colour));
    if (lamp !== dark) continue;
    if (lamp.hint) lines.push(`      → ${lamp.hint}`);
    const said = lamp.name === 'identity' ? evidenceWords(status.identity.evidence) : '';
    if (said !== '') lines.push(`      evidence: ${said}`);
    if (lamp.next)
      lines.push(`      next: ${lamp.next}${lamp.nextInMs === undefined ? '' : ` in ${duration(lamp.nextInMs)}`}`);
  }
  lines.push('', ...locationLines(status));
  const isModemLit = status.lamps.some((lamp) => lamp.name === 'modem' && lamp.state === 'lit');
  if (isModemLit && status.modem?.signal?.rssiDbm !== undefined)
    lines.push(`  signal      ${status.modem.signal.rssiDbm} dBm (${status.modem.signal.quality})`);
  if (status.modem) lines.push(...modemNotes(status.modem, status.state === 'serving'));
  const { credentials } = status;
  // What provisioning is about to bring is no trouble of its own.
  const troubled = credentials.filter((x) => x.state !== 'valid' && awaitedFrom(x, credentials) === undefined);
  for (const credential of troubled) {
    lines.push(`  credential  ${credential.id} is ${credential.state}: ${credential.remedy ?? ''}`);
    const evidence = evidenceWords(credential.evidence);
    if (evidence !== '') lines.push(`              evidence: ${evidence}`);
  }
  const width = options.width ?? Number.POSITIVE_INFINITY;
  return escapeKeepingColour(`${lines.flatMap((line) => wrap(line, width)).join('\n')}\n`);
}

/** What a person would not guess from the lamps. */
function modemNotes({ profileNote, sharedWith, road, recovery }: ModemView, isServing: boolean): string[] {
  const notes: string[] = [];
  if (profileNote !== undefined) notes.push(`  profile     ${profileNote}`);
  for (const { name, pid } of sharedWith ?? [])
    notes.push(`  port        is open in ${name} (pid ${pid}), too: \`waymark modem list\` shows the cure`);
  if (road?.state === 'dead') notes.push(`  data path   nothing comes back: ${road.reason ?? 'no answer'}`);
  for (const ladder of ['channel', 'network'] as const) {
    const climb = recovery?.[ladder];
    if (climb && !isServing && climb.failures > 0 && climb.lastRung !== undefined)
      notes.push(
        `  tried last  ${RUNG_WORDS[climb.lastRung] ?? climb.lastRung}${climb.at === undefined ? '' : ` at ${climb.at.slice(11, 19)} UTC`}, because of ${climb.lastReason ?? 'a failure'}${climb.lastRungFailed === undefined ? '' : `; that failed: ${climb.lastRungFailed}`}`,
      );
  }
  return notes;
}

/** `token list` in words. */
export function describeCredentials(credentials: StatusSnapshot['credentials']): string {
  if (credentials.length === 0) return 'No credentials are configured.\n';
  const lines = credentials.map((c) => {
    const root = awaitedFrom(c, credentials);
    if (root !== undefined) return `${c.id.padEnd(20)} missing, waits for ${root}`;
    const parts = [
      `${c.id.padEnd(20)} ${c.state}${c.tested ? '' : ' (not tested yet)'}`,
      c.fingerprint ? `fingerprint ${c.fingerprint}` : '',
      c.expiresAt ? `until ${c.expiresAt.slice(0, 10)} (${c.expirySource ?? ''})` : '',
      c.reason ? `because: ${c.reason}` : '',
    ].filter(Boolean);
    const evidence = evidenceWords(c.evidence);
    const more = [evidence && `evidence: ${evidence}`, c.remedy && `→ ${c.remedy}`].filter(Boolean);
    return [parts.join(', '), ...more.map((line) => `${' '.repeat(21)}${line ?? ''}`)].join('\n');
  });
  return escapeControls(`${lines.join('\n')}\n`);
}

function escapeKeepingColour(text: string): string {
  // Operator names and module texts come from the air; only our own colour sequences may pass.
  return text
    .split(/(\u001b\[\d{1,2}m)/)
    .map((part, i) => (i % 2 === 1 ? part : escapeControls(part)))
    .join('');
}
