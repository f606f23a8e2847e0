// Faults of the module's CellLocate client (u-blox): what its server says, and how it tells.
import type { Behaviour } from '../behaviour.js';
import type { CellLocateKnobs } from '../cell-locate.js';

/** The CellLocate client behaves so, from the next question on. */
export const cellLocate = (knobs: Partial<CellLocateKnobs>): Behaviour => ({ cellLocate: knobs });
