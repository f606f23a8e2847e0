// Telit LE910Q1 (LTE category 1 bis).
import type { Profile } from '../profile.js';
import { TELIT, telitEcm } from './telit.js';

const OLDER = { 2: 'ignore', 3: 'at2', 4: 'at' } as const;
const ROLES = { 2: 'at2', 4: 'ignore', 6: 'at' } as const;

export const TELIT_LE910Q1: Profile = {
  ...TELIT,
  name: 'telit-le910q1',
  selects: { manufacturer: /telit/i, model: /^LE910Q1/i },
  usb: [
    { vendorId: '1bc7', productId: '7010', module: 'LE910Q1', composition: 'rndis', roles: OLDER },
    { vendorId: '1bc7', productId: '7011', module: 'LE910Q1', composition: 'ecm', roles: OLDER },
    { vendorId: '1bc7', productId: '7020', module: 'LE910Q1', composition: 'rndis', roles: ROLES },
    { vendorId: '1bc7', productId: '7021', module: 'LE910Q1', composition: 'ecm', roles: ROLES },
  ],
  ecm: telitEcm(1),
};
