// What goes up, in words: each cloud with its one root cause, what waits for it, and who follows the position here.
import { oneLine } from '../core/index.js';
import { duration } from './durations.js';
import { evidenceWords } from './evidence.js';
import { cureLines } from './lines.js';
import type { StatusSnapshot } from './snapshot.js';
import type { CloudView, CommandsView, OutboxView, OutputView } from './views-clouds.js';

const line = (label: string, text: string): string => `  ${label.padEnd(12)}${oneLine(text)}`;

/** Nothing is “in 0 s”. */
const whenWords = (inMs: number | undefined): string =>
  inMs === undefined ? '' : inMs < 1000 ? ' now' : ` in ${duration(inMs)}`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const STANDS_STILL: readonly string[] = ['outbox.refused', 'outbox.stalled'];

/** `12 records wait (oldest 3 min), kept in memory`; empty when nothing waits and nothing is wrong. */
export function outboxWords(outbox: OutboxView): string {
  const said: string[] = [];
  if (outbox.records > 0) {
    const oldest = outbox.oldestAgeMs === undefined ? '' : ` (oldest ${duration(outbox.oldestAgeMs)})`;
    said.push(`${counted(outbox.records, 'record')} ${outbox.isReplaying ? 'to be sent' : 'kept'}${oldest}`);
  }
  if (outbox.state !== 'ok') said.push(`the disk takes nothing [${outbox.reason ?? outbox.state}]: in memory only`);
  else if (outbox.reason !== undefined && STANDS_STILL.includes(outbox.reason))
    said.push(`the cloud takes nothing [${outbox.reason}]: tried ever more rarely`);
  if (outbox.dropped > 0) said.push(`${outbox.dropped} had to go`);
  if (outbox.quarantined > 0) said.push(`${outbox.quarantined} put aside`);
  if (outbox.corrupt > 0) said.push(`${outbox.corrupt} unreadable`);
  return said.join(', ');
}

function cloudLines(cloud: CloudView): string[] {
  const lines = [line(cloud.name, cloud.sentence)];
  if (cloud.isTroubled) {
    const cause = cloud.waitsFor === undefined ? cloud.reason : `waits for ${cloud.waitsFor}`;
    // Nothing is said twice.
    const more = cloud.message === undefined || cloud.sentence.includes(cloud.message) ? '' : `: ${cloud.message}`;
    if (cause !== undefined) lines.push(line('', `because ${cause}${more}`));
    const said = evidenceWords(cloud.evidence);
    if (said !== '') lines.push(line('', `evidence: ${said}`));
    if (cloud.hint !== undefined) lines.push(...cureLines(line('', ''), cloud.hint, cloud.reason));
    if (cloud.next !== undefined) lines.push(line('', `next: ${cloud.next}${whenWords(cloud.nextInMs)}`));
  }
  const waiting = cloud.outbox ? outboxWords(cloud.outbox) : '';
  if (waiting !== '') lines.push(line('', waiting));
  return lines;
}

function outputLine({ name, state, port, clients, reason, hint }: OutputView): string {
  const where = port === undefined ? '' : ` on port ${port}`;
  if (reason !== undefined) return line(name, `cannot be opened [${reason}]${hint === undefined ? '' : `: ${hint}`}`);
  return line(name, state === 'open' ? `${counted(clients, 'program')}${where}` : `${state}${where}`);
}

/** A command that has nothing to add says its name and its end alone. */
function commandWords({ name, from, end, message }: NonNullable<CommandsView['last']>): string {
  return `${name} from ${from}: ${end}${message === `${name}: ${end}` ? '' : `, ${message}`}`;
}

/** Lines for people, below those of the location services. */
export function cloudsLines({ clouds = [], outputs = [], commands }: StatusSnapshot): string[] {
  const last = commands?.last;
  return [
    ...clouds.flatMap(cloudLines),
    ...outputs.map(outputLine),
    ...(last ? [line('command', commandWords(last))] : []),
  ];
}
