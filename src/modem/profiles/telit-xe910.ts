// Telit xE910 of the first and second generation: LE910, LE910 V2, LE910B, UE910, HE910, GE910, DE910.
import type { Profile } from '../profile.js';
import { TELIT } from './telit.js';

export const TELIT_XE910: Profile = {
  ...TELIT,
  name: 'telit-xe910',
  selects: { manufacturer: /telit/i, model: /^(?:LE910(?!C|Q)|[UHGDC]E910)/i },
  usb: [
    {
      vendorId: '1bc7',
      productId: '0036',
      module: 'LE910 V2',
      // CDC-ACM, two interfaces a port: ttyACM0 and ttyACM3 [from memory].
      roles: { 0: 'at', 6: 'at2' },
    },
  ],
  // The older ones choose between two styles of the command set.
  setup: ['AT#SELINT=2', ...TELIT.setup],
};
