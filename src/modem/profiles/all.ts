// Every family that is known, in the order in which they are tried: within a vendor the commonest family first, the
// vendor's own base last (it takes every module of the vendor). A new family adds its line here; a test
// (test/golden/golden.test.ts) sees to it, and to its golden transcript.
import type { Profile, Vendor } from '../profile.js';
import { GENERIC } from './generic.js';
import { QUECTEL } from './quectel.js';
import { QUECTEL_BG9X } from './quectel-bg9x.js';
import { QUECTEL_EC2X } from './quectel-ec2x.js';
import { SIMCOM } from './simcom.js';
import { SIMCOM_A76XX } from './simcom-a76xx.js';
import { SIMCOM_SIM70XX } from './simcom-sim70xx.js';
import { SIMCOM_SIM7600 } from './simcom-sim7600.js';
import { TELIT } from './telit.js';
import { TELIT_LE910CX } from './telit-le910cx.js';
import { TELIT_LE910CX_X } from './telit-le910cx-x.js';
import { TELIT_LE910Q1 } from './telit-le910q1.js';
import { TELIT_LM9X0 } from './telit-lm9x0.js';
import { TELIT_ME310G1 } from './telit-me310g1.js';
import { TELIT_ME910C1 } from './telit-me910c1.js';
import { TELIT_XE910 } from './telit-xe910.js';
import { UBLOX } from './ublox.js';
import { UBLOX_LARA_R6 } from './ublox-lara-r6.js';
import { UBLOX_LENA_R8 } from './ublox-lena-r8.js';
import { UBLOX_SARA_R4 } from './ublox-sara-r4.js';
import { UBLOX_SARA_R5 } from './ublox-sara-r5.js';
import { UBLOX_TOBY_L2 } from './ublox-toby-l2.js';
import { UBLOX_TOBY_L4 } from './ublox-toby-l4.js';
import { UBLOX_TOBY_R2 } from './ublox-toby-r2.js';

export const PROFILES: readonly Profile[] = [
  // Before the wider LE910Cx.
  TELIT_LE910CX_X,
  TELIT_LE910CX,
  TELIT_LE910Q1,
  TELIT_ME910C1,
  TELIT_ME310G1,
  TELIT_LM9X0,
  TELIT_XE910,
  TELIT,
  UBLOX_SARA_R5,
  UBLOX_SARA_R4,
  UBLOX_LARA_R6,
  UBLOX_LENA_R8,
  UBLOX_TOBY_L2,
  UBLOX_TOBY_L4,
  UBLOX_TOBY_R2,
  UBLOX,
  QUECTEL_EC2X,
  QUECTEL_BG9X,
  QUECTEL,
  SIMCOM_SIM7600,
  SIMCOM_SIM70XX,
  SIMCOM_A76XX,
  SIMCOM,
];

/** What the families of a vendor have in common: for a module of which only the vendor is known. */
export const VENDOR_PROFILES: Readonly<Record<Vendor, Profile>> = {
  generic: GENERIC,
  telit: TELIT,
  ublox: UBLOX,
  quectel: QUECTEL,
  simcom: SIMCOM,
};
