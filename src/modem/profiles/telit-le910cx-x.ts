// Telit LE910C1-EUX, -SAX, LE910C4-WWX and their kin: other USB identities and another number for the network card.
import { TELIT_GNSS } from '../apps/module-gnss/commands.js';
import type { Profile } from '../profile.js';
import { TELIT, telitEcm } from './telit.js';

const ROLES = { 0: 'diag', 1: 'at', 2: 'at2' } as const;

export const TELIT_LE910CX_X: Profile = {
  ...TELIT,
  name: 'telit-le910cx-x',
  gnss: TELIT_GNSS,
  selects: { manufacturer: /telit/i, model: /^LE910C\d-[A-Z]{1,3}X[A-Z]?\b/i },
  usb: [
    { vendorId: '1bc7', productId: '1031', module: 'LE910C1-EUX', composition: 'qmi', roles: ROLES },
    { vendorId: '1bc7', productId: '1033', module: 'LE910C1-EUX', composition: 'ecm', roles: ROLES },
  ],
  ecm: telitEcm(1),
};
