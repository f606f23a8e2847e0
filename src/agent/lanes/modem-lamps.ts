// The three lamps a module lights: what its own progress says about them, and what its failures darken.
import { type ErrorCode, WaymarkError } from '../../core/index.js';
import type { ModemSnapshot } from '../../modem/index.js';
import { type LampName, ROAD } from '../../status/index.js';
import type { LampBoard } from '../lamp-board.js';

/** Network and SIM trouble is told by lamps of their own; everything else is the module's or its port's. */
export function lampOf(code: ErrorCode): LampName {
  // Of all that a module is brought up with, only a PIN needs the disk.
  if (code.startsWith('sim.') || code.startsWith('vault.')) return 'sim';
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
export function lampsFromModem(s: ModemSnapshot, lamps: LampBoard, roadTrouble?: WaymarkError): void {
  const before = lamps.condition().lamps;
  if (!isAnswering(s)) {
    // The port is open again: that the module is unplugged is no longer true.
    if (s.stage !== 'absent' && before.modem.state === 'dark' && isGone(before.modem.reason?.code))
      lamps.waiting('modem', 'the port is open again, the module is being asked');
    return;
  }
  lamps.lit('modem', [s.manufacturer, s.model, s.revision].filter(Boolean).join(' '));
  if (s.sim === 'ready') lamps.lit('sim', 'ready');
  if (isRegistered(s) && s.bearer.active) {
    // Connected as far as the module can tell; whether anything comes back is another matter.
    if (roadTrouble) lamps.dark('network', roadTrouble, { what: 'looked at again by itself' });
    else lamps.lit('network', describeNetwork(s));
  } else if (s.registration.state === 'denied' && lamps.isLit('sim')) {
    // Said at once; the lane itself waits whether the network means it.
    const { rejectCause, causeWords } = s.registration;
    const why = rejectCause === undefined ? '' : `, cause ${rejectCause}${causeWords ? `: ${causeWords}` : ''}`;
    lamps.dark('network', new WaymarkError('network.denied', `registration denied${why}`), before.network.next);
  } else if (lamps.isLit('sim') && before.network.state !== 'dark')
    // A reason stays until it is answered: each new try would wipe it out for half of the time.
    lamps.waiting('network', describeNetwork(s));
}

const isGone = (code: ErrorCode | undefined): boolean => code === 'link.absent' || code === 'link.closed';

/** The failing lamp goes dark with the reason, those behind it wait for it. */
export function darken(lamps: LampBoard, error: WaymarkError, nextMonoMs: number): void {
  const name = lampOf(error.code);
  const gone = isGone(error.code);
  if (gone)
    // The sentence of state is read on a phone: which port it was, and what was looked at, is for who looks closer.
    lamps.dark(
      name,
      new WaymarkError(error.code, 'the module is unplugged or off', { hint: error.hint }),
      { what: 'the port is looked for until it is back' },
      error.message,
    );
  else
    lamps.dark(name, error, {
      what: name === 'sim' ? 'the card is looked at again' : 'tried again',
      atMonoMs: nextMonoMs,
    });
  for (const behind of ROAD.slice(ROAD.indexOf(name) + 1)) lamps.blocked(behind, name);
}
