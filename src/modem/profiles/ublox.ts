// What u-blox's cellular families have in common. The data path of the host uses standard contexts (+CGACT); the
// numbered connections of the internal stack (+UPSDA) are another thing and belong to the sockets of the module.
import { parseUcellinfo, parseUcged } from '../codec/cell.js';
import { parseUpincnt } from '../codec/retry.js';
import { parseUtemp } from '../codec/temperature.js';
import type { AtCommand } from '../command.js';
import type { ContextLogin, Profile } from '../profile.js';
import { GENERIC, loginCommand, standardLogin } from './generic.js';

/** Their own command knows every family; which of the two comes first in it differs. */
export const ubloxLogin =
  (passwordFirst: boolean) =>
  (login: ContextLogin): readonly AtCommand[] => [
    loginCommand('+UAUTHREQ', login, passwordFirst),
    standardLogin(login),
  ];

/** The second port of CDC-ACM modules comes with every other interface number. */
const ACM = { 0: 'at', 2: 'at2', 4: 'ignore', 6: 'ignore', 8: 'ignore', 10: 'log', 12: 'ignore' } as const;

export const UBLOX: Profile = {
  ...GENERIC,
  name: 'ublox',
  vendor: 'ublox',
  selects: { manufacturer: /u-?blox/i },
  usb: [
    { vendorId: '1546', productId: '1102', module: 'LISA-U2/SARA-U2', roles: ACM },
    {
      vendorId: '1546',
      productId: '1104',
      module: 'LISA-U2/SARA-U2',
      roles: { 0: 'at', 2: 'ignore', 4: 'log', 6: 'ignore' },
    },
  ],
  urcPrefixes:
    '+UUSORD +UUSORF +UUSOCL +UUSOLI +UUSOCO +UUPSDA +UUPSDD +UUPING +UUHTTPCR +UUMQTTC +UULOC +UULOCIND +UUGIND +UMWI +UUSIMSTAT'.split(
      ' ',
    ),
  lateBootTexts: ['+PBREADY'],
  // +UCGED=2 chooses the short form of the cell report, +USIMSTAT=1 tells of a SIM that comes or goes.
  setup: ['AT+UCGED=2', 'AT+USIMSTAT=1', 'AT+CTZU=1'],
  retryCounters: [{ command: 'AT+UPINCNT', parse: parseUpincnt }],
  cell: [
    { command: 'AT+UCGED?', parse: parseUcged },
    { command: 'AT+UCELLINFO?', parse: parseUcellinfo },
  ],
  login: ubloxLogin(false),
  temperature: { command: 'AT+UTEMP?', parse: (line) => parseUtemp(line, 'tenths') },
  restart: 'AT+CFUN=15',
};
