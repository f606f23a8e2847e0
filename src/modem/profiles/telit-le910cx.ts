// Telit LE910C1 and LE910C4 (but not the variants that end in X: telit-le910cx-x.ts).

import { TELIT_GNSS } from '../apps/module-gnss/commands.js';
import type { Profile } from '../profile.js';
import { TELIT, telitEcm } from './telit.js';

export const TELIT_LE910CX: Profile = {
  ...TELIT,
  name: 'telit-le910cx',
  gnss: TELIT_GNSS,
  selects: { manufacturer: /telit/i, model: /^LE910C\d/i },
  usb: [
    {
      vendorId: '1bc7',
      productId: '1201',
      module: 'LE910C1/C4',
      composition: 'qmi',
      roles: { 0: 'diag', 3: 'nmea', 4: 'at', 5: 'at2', 6: 'ignore' },
    },
    // Roles from memory: the network card comes first, then the order of the other compositions.
    {
      vendorId: '1bc7',
      productId: '1203',
      module: 'LE910C1/C4',
      composition: 'rndis',
      roles: { 2: 'diag', 4: 'nmea', 5: 'at', 6: 'at2', 7: 'ignore' },
    },
    {
      vendorId: '1bc7',
      productId: '1204',
      module: 'LE910C1/C4',
      composition: 'mbim',
      roles: { 0: 'diag', 4: 'nmea', 5: 'at', 6: 'at2', 7: 'ignore' },
    },
    {
      vendorId: '1bc7',
      productId: '1206',
      module: 'LE910C1/C4',
      composition: 'ecm',
      roles: { 0: 'diag', 4: 'nmea', 5: 'at', 6: 'at2', 7: 'ignore' },
    },
    { vendorId: '1bc7', productId: '9010', module: 'LE910C1/C4', roles: {}, isDownloadMode: true },
  ],
  ecm: telitEcm(4),
};
