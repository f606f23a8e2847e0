// u-blox LARA-R6: LTE category 1. Some firmware gives the chip maker's name as its own; the USB identity is theirs, too.
import type { Profile } from '../profile.js';
import { UBLOX, ubloxLogin } from './ublox.js';

export const UBLOX_LARA_R6: Profile = {
  ...UBLOX,
  name: 'ublox-lara-r6',
  selects: { manufacturer: /u-?blox|QUALCOMM INCORPORATED/i, model: /^LARA-R6/i },
  usb: [
    {
      vendorId: '05c6',
      productId: '908b',
      module: 'LARA-R6',
      roles: { 0: 'log', 1: 'at', 2: 'at2', 3: 'ignore' },
    },
  ],
  login: ubloxLogin(true),
};
