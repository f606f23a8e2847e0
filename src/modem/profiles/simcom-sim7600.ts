// SIMCom SIM7600, SIM7500, SIM7100, SIM7000.

import { SIMCOM_GNSS } from '../apps/module-gnss/commands.js';
import type { Profile } from '../profile.js';
import { SIMCOM } from './simcom.js';

export const SIMCOM_SIM7600: Profile = {
  ...SIMCOM,
  name: 'simcom-sim7600',
  gnss: SIMCOM_GNSS,
  selects: { manufacturer: /simcom/i, model: /SIM7(?:[156]\d\d|000)/i },
  usb: [
    {
      vendorId: '1e0e',
      productId: '9001',
      module: 'SIM7000/SIM7100/SIM7600',
      roles: { 0: 'diag', 1: 'nmea', 2: 'at', 3: 'at2', 4: 'audio' },
    },
  ],
};
