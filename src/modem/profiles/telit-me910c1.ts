// Telit ME910C1, NE910C1, ML865C1: LTE-M and NB-IoT.
import type { Profile } from '../profile.js';
import { TELIT, telitEcm } from './telit.js';

const ROLES = { 0: 'diag', 1: 'at', 2: 'at2' } as const;

export const TELIT_ME910C1: Profile = {
  ...TELIT,
  name: 'telit-me910c1',
  selects: { manufacturer: /telit/i, model: /^(?:[MN]E910C1|ML865C1)/i },
  usb: [
    { vendorId: '1bc7', productId: '1101', module: 'ME910C1', composition: 'qmi', roles: ROLES },
    { vendorId: '1bc7', productId: '1102', module: 'ME910C1', composition: 'ecm', roles: ROLES },
  ],
  ecm: telitEcm(3),
};
