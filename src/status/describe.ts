// The snapshot in plain words, for a person on a ladder.
import { oneLine } from '../core/index.js';
import { cloudsLines } from './describe-clouds.js';
import { credentialLines } from './describe-credentials.js';
import { lifeLines } from './describe-life.js';
import { locationLines } from './describe-location.js';
import { duration } from './durations.js';
import { evidenceWords } from './evidence.js';
import { firstTroubled } from './first-troubled.js';
import { cureLines } from './lines.js';
import type { LampView, StatusSnapshot } from './snapshot.js';
import type { ModemView } from './views.js';

const MARK = { lit: '●', waiting: '◐', dark: '○', absent: '–' } as const;
const COLOUR = { lit: 32, waiting: 33, dark: 31, absent: 90 } as const;

const paint = (colour: number, text: string): string => `\u001b[${colour}m${text}\u001b[0m`;

const RUNG_WORDS: Readonly<Record<string, string>> = {
  reopen: 'opening the port anew',
  'other-port': 'the module’s other AT port',
  'module-reset': 'restarting the module',
  power: 'cutting the module’s power',
  bearer: 'a new data connection',
  registration: 'registering anew',
  radio: 'switching the radio off and on',
};

/** What a lamp says of itself; behind a reason stands what is known beyond it, as the port's name. */
export function saidOf({ state, message, detail }: LampView): string {
  if (state === 'lit') return detail ?? '';
  if (message !== undefined) return detail === undefined ? message : `${message} (${detail})`;
  return detail ?? (state === 'absent' ? 'not configured' : 'waits for what stands above');
}

function lampLine(lamp: LampView): string {
  const label = lamp.name === 'sim' ? 'SIM' : lamp.name;
  return `  ${MARK[lamp.state]} ${label.padEnd(12)}${saidOf(lamp)}`;
}

/** Words onto lines of at most `width` columns; what follows the first is indented like it, and two more. */
function wrap(line: string, width: number): string[] {
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
  const width = options.width ?? Number.POSITIVE_INFINITY;
  // What comes from outside is harmless before anything of ours is painted; colour takes no columns.
  const fit = (lines: readonly string[]): string[] => lines.flatMap((line) => wrap(oneLine(line), width));
  const lines = fit([`Waymark ${status.version}: ${status.why}`, '']);
  const dark = firstTroubled(status.lamps);
  for (const lamp of status.lamps) {
    const [first = '', ...more] = fit([lampLine(lamp)]);
    const mark = MARK[lamp.state];
    lines.push(options.colour ? first.replace(mark, paint(COLOUR[lamp.state], mark)) : first, ...more);
    if (lamp === dark) lines.push(...fit(lampCure(lamp, status)));
  }
  return `${[...lines, ...fit(['', ...otherLines(status)])].join('\n')}\n`;
}

/** What is wrong with the lamp to look at, and what to do. */
function lampCure({ name, hint, reason, next, nextInMs }: LampView, { identity }: StatusSnapshot): string[] {
  const said = name === 'identity' ? evidenceWords(identity.evidence) : '';
  return [
    ...(hint ? cureLines('      ', hint, reason) : []),
    ...(said === '' ? [] : [`      evidence: ${said}`]),
    ...(next ? [`      next: ${next}${nextInMs === undefined ? '' : ` in ${duration(nextInMs)}`}`] : []),
  ];
}

/** What stands below the lamps. */
function otherLines(status: StatusSnapshot): string[] {
  const lines = locationLines(status);
  const isModemLit = status.lamps.some((lamp) => lamp.name === 'modem' && lamp.state === 'lit');
  if (isModemLit && status.modem?.signal?.rssiDbm !== undefined)
    lines.push(`  signal      ${status.modem.signal.rssiDbm} dBm (${status.modem.signal.quality})`);
  if (status.modem) lines.push(...modemNotes(status.modem, status.state === 'serving'));
  lines.push(...cloudsLines(status), ...lifeLines(status));
  const { credentials, identity } = status;
  // The lamp is lit by the identity in force; that a newer one is awaited, and until when, stands nowhere else.
  if (identity.shape !== undefined && identity.nextInMs !== undefined)
    lines.push(
      `  identity    another is asked for in ${duration(identity.nextInMs)}${identity.reason === undefined ? '' : ` [${identity.reason}]`}`,
    );
  lines.push(...credentialLines(credentials));
  return lines;
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
