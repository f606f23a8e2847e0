// What SIMCom's families have in common. Decides by itself for a SIMCom module of no known family.
import { parseCpsi } from '../codec/cell-qualcomm.js';
import { parseSpic } from '../codec/retry.js';
import { parseCpmutemp } from '../codec/temperature.js';
import type { Profile } from '../profile.js';
import { GENERIC, loginCommand } from './generic.js';

export const SIMCOM: Profile = {
  ...GENERIC,
  name: 'simcom',
  vendor: 'simcom',
  selects: { manufacturer: /simcom/i },
  urcPrefixes: 'RDY +NITZ +CIPEVENT +IPCLOSE +CIPOPEN +VOICEMAIL *PSUTTZ *PSNWID DST'.split(' '),
  // What follows RDY (SMS DONE, PB DONE) may come long after the module is ready and would look like a second restart.
  lateBootTexts: ['RDY'],
  iccidCommands: ['AT+CICCID', ...GENERIC.iccidCommands],
  retryCounters: [{ command: 'AT+SPIC', parse: parseSpic }],
  cell: [{ command: 'AT+CPSI?', parse: parseCpsi }],
  // Their +CGAUTH wants the password first.
  login: (login) => [loginCommand('+CGAUTH', login, true)],
  temperature: { command: 'AT+CPMUTEMP', parse: parseCpmutemp },
};
