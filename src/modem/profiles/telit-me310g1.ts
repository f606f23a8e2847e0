// Telit ME310G1, ME910G1, ML865G1: LTE-M and NB-IoT, second generation. How its network card mode is chosen is not
// known for certain, so it is not offered.
import type { Profile } from '../profile.js';
import { TELIT } from './telit.js';

const ROLES = { 0: 'diag', 1: 'at', 2: 'at2' } as const;

export const TELIT_ME310G1: Profile = {
  ...TELIT,
  name: 'telit-me310g1',
  selects: { manufacturer: /telit/i, model: /^(?:ME[39]10G1|ML865G1)/i },
  usb: [
    { vendorId: '1bc7', productId: '110a', module: 'ME310G1/ME910G1', composition: 'qmi', roles: ROLES },
    { vendorId: '1bc7', productId: '110b', module: 'ME310G1/ME910G1', composition: 'ecm', roles: ROLES },
  ],
};
