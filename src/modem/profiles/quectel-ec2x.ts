// Quectel EC21, EC25, EG21, EG25, EG91, EG95: LTE categories 1 and 4.

import { QUECTEL_GNSS } from '../apps/module-gnss/commands.js';
import { parseUsbnet } from '../codec/usb-mode.js';
import type { Profile } from '../profile.js';
import { QUECTEL, quectelUsb } from './quectel.js';

export const QUECTEL_EC2X: Profile = {
  ...QUECTEL,
  name: 'quectel-ec2x',
  gnss: QUECTEL_GNSS,
  selects: { manufacturer: /quectel/i, model: /^(?:E[CG]2[0-9]|EG9[0-9])/i },
  usb: [
    quectelUsb('0125', 'EC25/EG25-G'),
    quectelUsb('0121', 'EC21'),
    quectelUsb('0191', 'EG91'),
    quectelUsb('0195', 'EG95'),
  ],
  // From memory: the module connects the card by itself once it is registered.
  ecm: {
    composition: {
      command: 'AT+QCFG="usbnet"',
      parse: (line) => {
        const mode = parseUsbnet(line);
        return mode === undefined ? undefined : mode === 1;
      },
    },
    compose: ['AT+QCFG="usbnet",1'],
  },
};
