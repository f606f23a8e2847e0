// SIMCom A7600, A7602, A7670: LTE on another chip. The SIM7600 shows the same USB identity in one of its modes, so the
// model decides, never the identity alone.
import type { Profile } from '../profile.js';
import { SIMCOM } from './simcom.js';

export const SIMCOM_A76XX: Profile = {
  ...SIMCOM,
  name: 'simcom-a76xx',
  selects: { manufacturer: /simcom/i, model: /A76\d\d/i },
  usb: [
    {
      vendorId: '1e0e',
      productId: '9011',
      module: 'A7600/A7602',
      composition: 'rndis',
      roles: { 2: 'ignore', 4: 'at', 5: 'data' },
    },
  ],
};
