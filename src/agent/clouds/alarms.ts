// What changed for the worse or the better between two looks at the status, as pure function: each change is told once.
import type { StatusSnapshot } from '../../status/index.js';

export interface Alarm {
  /** `lamp:network`, `credential:ztp-token`. */
  subject: string;
  /** True when it is over. */
  isOver: boolean;
  /** Error code or state. */
  code: string;
  message: string;
}

/** What is wrong now, by subject. */
export type Troubles = ReadonlyMap<string, Alarm>;

/** A lamp that waits has not failed; a credential that is only missing its provisioning is told by its root. */
export function troublesOf({ lamps, credentials }: Pick<StatusSnapshot, 'lamps' | 'credentials'>): Troubles {
  const troubles = new Map<string, Alarm>();
  const add = (subject: string, code: string, message: string): void =>
    void troubles.set(subject, { subject, isOver: false, code, message: message.slice(0, 300) });
  for (const { name, state, reason, message } of lamps)
    if (state === 'dark') add(`lamp:${name}`, reason ?? 'dark', message ?? 'not lit');
  for (const { id, state, waitsFor, remedy } of credentials)
    if (state !== 'valid' && state !== 'missing' && waitsFor === undefined)
      add(`credential:${id}`, state, remedy ?? state);
  return troubles;
}

/** New troubles, those whose cause is another by now, and those that are over. */
export function alarmsBetween(before: Troubles, after: Troubles): readonly Alarm[] {
  const alarms: Alarm[] = [];
  for (const [subject, trouble] of after) if (before.get(subject)?.code !== trouble.code) alarms.push(trouble);
  for (const [subject, trouble] of before)
    if (!after.has(subject)) alarms.push({ ...trouble, isOver: true, message: 'over' });
  return alarms;
}
