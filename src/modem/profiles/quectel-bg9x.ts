// Quectel BG95, BG96, BG77: LTE-M, NB-IoT, 2G.
import type { Profile } from '../profile.js';
import { QUECTEL, quectelUsb } from './quectel.js';

const SHORT = { 0: 'diag', 1: 'nmea', 2: 'at' } as const;

export const QUECTEL_BG9X: Profile = {
  ...QUECTEL,
  name: 'quectel-bg9x',
  selects: { manufacturer: /quectel/i, model: /^BG(?:9[0-9]|77|600)/i },
  usb: [quectelUsb('0296', 'BG96'), { vendorId: '2c7c', productId: '0700', module: 'BG95/BG77', roles: SHORT }],
};
