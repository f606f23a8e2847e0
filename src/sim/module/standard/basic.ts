// The letter commands and S-registers of V.250.
import type { BasicTable, CommandContext, Outcome } from '../command.js';
import { FACTORY_PROFILE } from '../nvm.js';
import { freshSession } from '../state.js';
import { identification } from './identity.js';

const flag =
  (apply: (context: CommandContext, isOn: boolean) => void) =>
  (context: CommandContext, n = 0): Outcome => {
    if (n > 1) return 'ERROR';
    apply(context, n === 1);
    return 'OK';
  };
/** Taken for what other programs expect of it; nothing in the simulation depends on it. */
const noted =
  (max: number) =>
  (_context: CommandContext, n = 0): Outcome =>
    n <= max ? 'OK' : 'ERROR';

/** Back to the stored profile; the commands' modes fall to their defaults. */
function restore({ state, session, hangUp }: CommandContext): Outcome {
  hangUp();
  Object.assign(session, freshSession(state.nvm));
  return 'OK';
}

export const BASIC_COMMANDS: BasicTable = {
  E: flag(({ session }, isOn) => void (session.echo = isOn)),
  V: flag(({ session }, isOn) => void (session.verbose = isOn)),
  Q: flag(({ session }, isOn) => void (session.quiet = isOn)),
  I: identification,
  Z: restore,
  '&F': ({ session }) => {
    Object.assign(session, {
      ...FACTORY_PROFILE,
      sRegisters: new Map(),
      remembered: new Map(),
      cmee: 0,
      copsFormat: 0,
    });
    return 'OK';
  },
  '&W': ({ state, session }) => {
    const { echo, verbose, quiet, sRegisters } = session;
    state.nvm.data.profile = { echo, verbose, quiet, sRegisters: Object.fromEntries(sRegisters) };
    state.nvm.save();
    return 'OK';
  },
  '&C': noted(2),
  '&D': noted(2),
  '&K': noted(6),
  '&S': noted(3),
  '&R': noted(1),
  '&P': noted(1),
  '&Y': noted(1),
  X: noted(4),
  L: noted(3),
  M: noted(2),
  H: ({ hangUp }, n = 0) => {
    if (n > 1) return 'ERROR';
    hangUp();
    return 'OK';
  },
  O: ({ callContext, goOnline }) => {
    if (callContext === undefined) return 'NO CARRIER';
    goOnline(callContext);
    return 'CONNECT';
  },
  A: () => 'NO CARRIER',
  T: () => 'OK',
  P: () => 'OK',
};

/** S-registers with their power-on values. */
export const S_DEFAULTS: Readonly<Record<number, number>> = {
  0: 0,
  2: 43,
  3: 13,
  4: 10,
  5: 8,
  7: 60,
  12: 50,
  25: 5,
};
