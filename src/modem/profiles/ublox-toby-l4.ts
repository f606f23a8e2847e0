// u-blox TOBY-L4: LTE category 6. Says `+READY` when its port listens, up to 20 s after it appeared.
import type { Profile } from '../profile.js';
import { UBLOX } from './ublox.js';

export const UBLOX_TOBY_L4: Profile = {
  ...UBLOX,
  name: 'ublox-toby-l4',
  selects: { manufacturer: /u-?blox/i, model: /^TOBY-L4/i },
  usb: [
    {
      vendorId: '1546',
      productId: '1010',
      module: 'TOBY-L4',
      roles: { 2: 'ignore', 4: 'log', 6: 'at', 8: 'ignore' },
      readySeconds: 20,
    },
  ],
  lateBootTexts: ['+READY', ...UBLOX.lateBootTexts],
  restart: 'AT+CFUN=16',
};
