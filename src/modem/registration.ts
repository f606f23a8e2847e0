// Where the module stands with the network, from the reports of up to four domains. Pure.
//
//                report: packet domain home/roaming
//   unknown ──┬──────────────────────────────────────→ home | roaming ──report: none──→ idle | searching
//             ├──report: searching──→ searching
//             ├──report: denied, and nobody else searches──→ denied
//             └──report: off──→ idle
//
// Data is up when a packet domain (+CEREG, +CGREG, +C5GREG) is registered. +CREG alone is voice: on data-only SIMs it
// stays at 0 or 2 for ever, so it counts only where the module has no packet domain at all.
import type { RegistrationDomain, RegistrationReport } from './codec/registration.js';

export type RegistrationState = 'unknown' | 'idle' | 'searching' | 'home' | 'roaming' | 'denied';

export interface Registration {
  state: RegistrationState;
  technology?: string;
  areaCode?: string;
  cellId?: string;
  rejectCause?: number;
}

export interface RegistrationMachine {
  readonly reports: Readonly<Partial<Record<RegistrationDomain, RegistrationReport | 'unsupported'>>>;
  readonly summary: Registration;
}

export type RegistrationEvent =
  | { is: 'report'; report: RegistrationReport }
  | { is: 'unsupported'; domain: RegistrationDomain };

export type RegistrationEffect = { do: 'registered' } | { do: 'lost' } | { do: 'denied' };

export const NOT_REGISTERED: RegistrationMachine = { reports: {}, summary: { state: 'unknown' } };

/** One domain's stat (27.007) in our words. 6, 7 (SMS only), 8 (emergency) and 11 carry no data. */
export function stateOfStat(stat: number): RegistrationState {
  switch (stat) {
    case 0:
      return 'idle';
    case 1:
    case 9:
      return 'home';
    case 5:
    case 10:
      return 'roaming';
    case 2:
    case 6:
    case 7:
    case 8:
    case 11:
      return 'searching';
    case 3:
      return 'denied';
    default:
      return 'unknown';
  }
}

export const isRegistered = (state: RegistrationState): boolean => state === 'home' || state === 'roaming';

/** Best first: what a domain with data says wins over one without. */
const RANK: readonly RegistrationState[] = ['home', 'roaming', 'searching', 'denied', 'idle', 'unknown'];
const PACKET: readonly RegistrationDomain[] = ['+C5GREG', '+CEREG', '+CGREG'];

function summarise(reports: RegistrationMachine['reports']): Registration {
  const packet = PACKET.map((domain) => reports[domain]).filter((r) => r !== undefined);
  const spoken = packet.filter((r) => r !== 'unsupported');
  const voice = reports['+CREG'];
  const noPacket = packet.length > 0 && spoken.length === 0;
  const candidates = noPacket && voice !== undefined && voice !== 'unsupported' ? [voice] : spoken;
  let best: RegistrationReport | undefined;
  for (const report of candidates)
    if (!best || RANK.indexOf(stateOfStat(report.stat)) < RANK.indexOf(stateOfStat(best.stat))) best = report;
  if (!best) return { state: 'unknown' };
  const { technology, areaCode, cellId } = best;
  // A number of the manufacturer's own has nothing to do with the standard's.
  const rejectCause = best.causeType === 1 ? undefined : best.rejectCause;
  return {
    state: stateOfStat(best.stat),
    ...(technology === undefined ? {} : { technology }),
    ...(areaCode === undefined ? {} : { areaCode }),
    ...(cellId === undefined ? {} : { cellId }),
    ...(rejectCause === undefined || rejectCause === 0 ? {} : { rejectCause }),
  };
}

/** The transition. Effects name only real changes. */
export function nextRegistration(
  machine: RegistrationMachine,
  event: RegistrationEvent,
): { state: RegistrationMachine; effects: RegistrationEffect[] } {
  const reports = { ...machine.reports };
  if (event.is === 'unsupported') reports[event.domain] ??= 'unsupported';
  else {
    const before = reports[event.report.domain];
    const known = before === undefined || before === 'unsupported' ? undefined : before;
    // The short form of a URC says nothing about the cell: keep what is known as long as the state is the same.
    reports[event.report.domain] =
      known && event.report.areaCode === undefined && known.stat === event.report.stat
        ? { ...known, ...event.report }
        : event.report;
  }
  const summary = summarise(reports);
  const was = isRegistered(machine.summary.state);
  const is = isRegistered(summary.state);
  const effects: RegistrationEffect[] = [];
  if (is && !was) effects.push({ do: 'registered' });
  if (was && !is) effects.push({ do: 'lost' });
  if (summary.state === 'denied' && machine.summary.state !== 'denied') effects.push({ do: 'denied' });
  return { state: { reports, summary }, effects };
}
