// u-blox LENA-R8 and LEXI-R10: LTE categories 1 and 1 bis.
import type { Profile } from '../profile.js';
import { UBLOX } from './ublox.js';

export const UBLOX_LENA_R8: Profile = {
  ...UBLOX,
  name: 'ublox-lena-r8',
  selects: { manufacturer: /u-?blox/i, model: /^(?:LENA-R8|LEXI-R10)/i },
  usb: [],
  restart: 'AT+CFUN=16',
};
