// u-blox SARA-R5: LTE-M and NB-IoT. Met behind a UART bridge; its own USB port is for traces and updates only.
import { parseUtemp } from '../codec/temperature.js';
import type { Profile } from '../profile.js';
import { UBLOX } from './ublox.js';

export const UBLOX_SARA_R5: Profile = {
  ...UBLOX,
  name: 'ublox-sara-r5',
  selects: { manufacturer: /u-?blox/i, model: /^SARA-R5/i },
  usb: [],
  temperature: { command: 'AT+UTEMP?', parse: (line) => parseUtemp(line, 'degrees') },
  // 15 would leave the SIM out of it.
  restart: 'AT+CFUN=16',
};
