// The families that can be simulated.
import type { Family, FamilyName } from '../command.js';
import { QUECTEL } from './quectel.js';
import { TELIT } from './telit.js';
import { UBLOX } from './ublox.js';

export const FAMILIES: Readonly<Record<FamilyName, Family>> = { telit: TELIT, ublox: UBLOX, quectel: QUECTEL };
