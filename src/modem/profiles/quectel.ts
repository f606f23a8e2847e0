// What Quectel's families have in common. Decides by itself for a Quectel module of no known family (EG06, EG12, the
// RM5xx with 5G).
import { parseQcsq, parseQeng } from '../codec/cell-qualcomm.js';
import { parseQiact } from '../codec/context.js';
import { parseQpinc } from '../codec/retry.js';
import { parseQtemp } from '../codec/temperature.js';
import type { AtCommand } from '../command.js';
import { accessPoint } from '../command.js';
import type { ContextLogin, Profile, UsbLayout } from '../profile.js';
import { contextNumber, GENERIC, loginMethod, loginPassword, loginUser, standardLogin } from './generic.js';

const ROLES = { 0: 'diag', 1: 'nmea', 2: 'at', 3: 'at2' } as const;

/** The layout nearly all of them share. */
export const quectelUsb = (productId: string, module: string): UsbLayout => ({
  vendorId: '2c7c',
  productId,
  module,
  roles: ROLES,
});

const TYPES = { IP: 1, IPV6: 2, IPV4V6: 3 } as const;

/** Kind of address, access point and login in one; the module keeps it. */
function stackLogin(login: ContextLogin): AtCommand {
  const head = `AT+QICSGP=${contextNumber(login.contextId)},${TYPES[login.ipType]}`;
  return {
    text: `${head},${accessPoint(login.apn)},${loginUser(login)},${loginPassword(login)},${loginMethod(login)}`,
    shown: `${head},[secret]`,
    secrets: [login.password.reveal()],
  };
}

export const QUECTEL: Profile = {
  ...GENERIC,
  name: 'quectel',
  vendor: 'quectel',
  selects: { manufacturer: /quectel/i },
  usb: [
    quectelUsb('0306', 'EG06'),
    quectelUsb('0512', 'EG12'),
    quectelUsb('0800', 'RM500'),
    quectelUsb('0801', 'RM520'),
    // The chip's own, whoever built the module around it.
    { vendorId: '05c6', productId: '9008', module: 'Qualcomm', roles: {}, isDownloadMode: true },
  ],
  urcPrefixes: 'RDY +QIND +QUSIM +QSIMSTAT +QIURC +QIOPEN +QSSLURC +QMTSTAT +QMTRECV +QNTP +QPING +QNITZ'.split(' '),
  // What follows RDY (SMS DONE, PB DONE) may come long after the module is ready and would look like a second restart.
  lateBootTexts: ['RDY'],
  // 3: the clock shows local time with its zone. 1 would put universal time beside a zone, which reads as a wrong hour.
  setup: ['AT+CTZU=3'],
  iccidCommands: ['AT+QCCID', ...GENERIC.iccidCommands],
  retryCounters: [{ command: 'AT+QPINC="SC"', parse: parseQpinc }],
  cell: [
    { command: 'AT+QENG="servingcell"', parse: parseQeng },
    { command: 'AT+QCSQ', parse: parseQcsq },
  ],
  clock: ['AT+QLTS=1', ...GENERIC.clock],
  activation: [...GENERIC.activation, { command: 'AT+QIACT?', parse: parseQiact }],
  activate: (contextId) => [`AT+QIACT=${contextNumber(contextId)}`],
  deactivate: (contextId) => [`AT+QIDEACT=${contextNumber(contextId)}`],
  login: (login) => [stackLogin(login), standardLogin(login)],
  temperature: { command: 'AT+QTEMP', parse: parseQtemp },
};
