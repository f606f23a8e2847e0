// The module's clock: unset until the network tells the time, then local time with its zone (specs/modem.md 2.7).
import { CME, type CommandContext, type CommandSpec, type CommandTable, remembered } from '../command.js';
import type { ModuleState, SessionSettings } from '../state.js';

const pad = (value: number): string => `${value}`.padStart(2, '0');

export const formatZone = (quarters: number): string => `${quarters < 0 ? '-' : '+'}${pad(Math.abs(quarters))}`;

/** `yy/MM/dd,hh:mm:ss` of UTC moved by `zoneQuarters`; `yyyy` when asked for. */
export function formatTime(utcMs: number, zoneQuarters: number, yearDigits: 2 | 4 = 2): string {
  const local = new Date(utcMs + zoneQuarters * 900_000);
  const year = local.getUTCFullYear();
  const date = [yearDigits === 4 ? year : year % 100, local.getUTCMonth() + 1, local.getUTCDate()].map(pad).join('/');
  return `${date},${[local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(pad).join(':')}`;
}

/** `yy/MM/dd,hh:mm:ss±zz` of local time; zz counts quarters of an hour. */
export const formatClock = (utcMs: number, zoneQuarters: number): string =>
  `${formatTime(utcMs, zoneQuarters)}${formatZone(zoneQuarters)}`;

function moduleClock({ state, clock }: CommandContext): string {
  const { quirks, zoneQuarters } = state;
  if (state.hasNetworkTime)
    return quirks.clockInUtc
      ? `${formatTime(clock.wall(), 0)}${formatZone(zoneQuarters)}`
      : formatClock(clock.wall(), zoneQuarters);
  // Never set: it counts from its epoch.
  const [year = 0, month = 1, day = 1] = quirks.unsetClock.split('/').map(Number);
  const epochMs = Date.UTC(year >= 70 ? 1900 + year : 2000 + year, month - 1, day);
  return formatClock(epochMs + clock.mono() - state.poweredOnMonoMs, 0);
}

const CLOCK: CommandSpec = {
  read: (context) => {
    context.info(`+CCLK: "${moduleClock(context)}"`);
    return 'OK';
  },
  // Taken and forgotten: the network's time is what this module shows.
  set: (_context, [text]) => (/^\d\d\/\d\d\/\d\d/.test(text ?? '') ? 'OK' : { cme: CME.badParameters }),
  test: '',
  latency: 'query',
};

export const CLOCK_COMMANDS: CommandTable = {
  '+CCLK': CLOCK,
  '+CTZU': remembered('+CTZU', '1', /^[0-3]$/, '(0,1)'),
  '+CTZR': remembered('+CTZR', '0', /^[0-2]$/, '(0-2)'),
};

/** What one port hears about the time when the network registers the module, under the port's modes. */
export function networkTimeUrcs(state: ModuleState, session: SessionSettings, utcMs: number): string[] {
  const urcs: string[] = [];
  const { remembered: modes } = session;
  if (modes.get('#NITZ')?.endsWith(',1') === true) urcs.push(`#NITZ: "${formatClock(utcMs, state.zoneQuarters)},0"`);
  const zone = formatZone(state.zoneQuarters);
  if (modes.get('+CTZR') === '1') urcs.push(`+CTZV: ${zone}`);
  if (modes.get('+CTZR') === '2') urcs.push(`+CTZE: "${zone}",0,"${formatTime(utcMs, 0, 4)}"`);
  return urcs;
}
