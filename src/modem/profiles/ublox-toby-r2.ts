// u-blox TOBY-R2 and LARA-R2: LTE category 1.
import type { Profile } from '../profile.js';
import { UBLOX } from './ublox.js';

/** Two AT ports; a third one (4), a tunnel to the receiver, SIM access and logging are left alone. */
const ROLES = { 0: 'at', 2: 'at2', 4: 'ignore', 6: 'ignore', 8: 'ignore', 10: 'log' } as const;

export const UBLOX_TOBY_R2: Profile = {
  ...UBLOX,
  name: 'ublox-toby-r2',
  selects: { manufacturer: /u-?blox/i, model: /^(?:TOBY|LARA)-R2/i },
  usb: [
    { vendorId: '1546', productId: '1107', module: 'TOBY-R2', roles: ROLES },
    { vendorId: '1546', productId: '110a', module: 'LARA-R2', roles: ROLES },
  ],
  restart: 'AT+CFUN=16',
};
