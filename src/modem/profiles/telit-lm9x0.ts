// Telit LE922, LM940, LM960: faster LTE for mini PCIe and M.2.
import type { Profile } from '../profile.js';
import { TELIT } from './telit.js';

export const TELIT_LM9X0: Profile = {
  ...TELIT,
  name: 'telit-lm9x0',
  selects: { manufacturer: /telit/i, model: /^(?:LE922|LM9\d0)/i },
  usb: [
    {
      vendorId: '1bc7',
      productId: '1040',
      module: 'LE922/LM9x0',
      composition: 'qmi',
      roles: { 0: 'diag', 3: 'ignore', 4: 'at', 5: 'at2', 6: 'ignore' },
    },
    {
      vendorId: '1bc7',
      productId: '1041',
      module: 'LE922/LM9x0',
      composition: 'mbim',
      roles: { 0: 'diag', 4: 'ignore', 5: 'at', 6: 'at2', 7: 'ignore' },
    },
  ],
};
