// The three lamps a module lights: what its own progress says about them, and what its failures darken.
import { type ErrorCode, WaymarkError } from '../../core/index.js';
import type { ModemSnapshot } from '../../modem/index.js';
import type { LampName } from '../../status/index.js';
import type { LampBoard } from '../lamp-board.js';

/** Network and SIM trouble is told by lamps of their own; everything else is the module's or its port's. */
export function lampOf(code: ErrorCode): LampName {
  if (code.startsWith('sim.')) return 'sim';
  if (code.startsWith('network.')) return 'network';
  return 'modem';
}

/** It has said what it is: whatever is missing then, it answers. */
export const isAnswering = ({ model, stage }: ModemSnapshot): boolean =>
  model !== undefined && stage !== 'absent' && stage !== 'sync' && stage !== 'identify';

export const isRegistered = ({ registration: { state } }: ModemSnapshot): boolean =>
  state === 'home' || state === 'roaming';

const describeNetwork = (s: ModemSnapshot): string =>
  [
    s.registration.state,
    s.registration.technology,
    s.operator,
    s.bearer.active ? `address ${s.bearer.address ?? 'assigned'}` : 'no data connection',
  ]
    .filter((x): x is string => x !== undefined && x !== '')
    .join(', ');

/** What the module's own progress says about the three lamps. */
export function lampsFromModem(s: ModemSnapshot, lamps: LampBoard): void {
  if (!isAnswering(s)) return;
  lamps.lit('modem', [s.manufacturer, s.model, s.revision].filter(Boolean).join(' '));
  if (s.sim === 'ready') lamps.lit('sim', 'ready');
  if (isRegistered(s) && s.bearer.active) lamps.lit('network', describeNetwork(s));
  else if (lamps.isLit('sim')) lamps.waiting('network', describeNetwork(s));
}

/** The failing lamp goes dark with the reason, those behind it wait for it. */
export function darken(lamps: LampBoard, error: WaymarkError, nextMonoMs: number): void {
  const name = lampOf(error.code);
  const gone = error.code === 'link.absent' || error.code === 'link.closed';
  lamps.dark(
    name,
    gone
      ? new WaymarkError(error.code, `the module is unplugged or off (${error.message})`, { hint: error.hint })
      : error,
    gone ? { what: 'the port is looked for until it is back' } : { what: 'tried again', atMonoMs: nextMonoMs },
  );
  const chain: readonly LampName[] = ['modem', 'sim', 'network'];
  for (const behind of chain.slice(chain.indexOf(name) + 1)) lamps.blocked(behind, name);
}
