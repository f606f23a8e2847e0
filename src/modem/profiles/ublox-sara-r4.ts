// u-blox SARA-R4 (R410M, R412M, R422): LTE-M, NB-IoT, some 2G.
import type { Profile } from '../profile.js';
import { UBLOX, ubloxLogin } from './ublox.js';

export const UBLOX_SARA_R4: Profile = {
  ...UBLOX,
  name: 'ublox-sara-r4',
  selects: { manufacturer: /u-?blox/i, model: /^SARA-R4/i },
  usb: [{ vendorId: '05c6', productId: '90b2', module: 'SARA-R4', roles: { 2: 'at' } }],
  // R410M knows form 5, R422 form 2: the one that is not known is refused.
  setup: ['AT+UCGED=5', ...UBLOX.setup],
  login: ubloxLogin(true),
};
