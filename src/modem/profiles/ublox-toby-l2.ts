// u-blox TOBY-L2 (and MPCI-L2): LTE category 4. Its ports need up to 20 s before they listen.
import type { Profile } from '../profile.js';
import { UBLOX } from './ublox.js';

/** Which interface is which is not known for certain: only that the first one listens [from memory]. */
const COMMON = { vendorId: '1546', module: 'TOBY-L2', roles: { 0: 'at' }, readySeconds: 20 } as const;
/** The network card takes the first two interfaces. */
const BESIDE_CARD = { ...COMMON, roles: { 2: 'at' } } as const;

export const UBLOX_TOBY_L2: Profile = {
  ...UBLOX,
  name: 'ublox-toby-l2',
  selects: { manufacturer: /u-?blox/i, model: /^(?:TOBY|MPCI)-L2/i },
  usb: [
    { ...COMMON, productId: '1141', composition: 'ppp' },
    { ...BESIDE_CARD, productId: '1143', composition: 'ecm' },
    { ...BESIDE_CARD, productId: '1146', composition: 'rndis' },
  ],
  restart: 'AT+CFUN=16',
};
