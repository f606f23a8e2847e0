// SIMCom SIM7070, SIM7080, SIM7090: LTE-M, NB-IoT, some 2G.
import type { Profile } from '../profile.js';
import { standardLogin } from './generic.js';
import { SIMCOM } from './simcom.js';

export const SIMCOM_SIM70XX: Profile = {
  ...SIMCOM,
  name: 'simcom-sim70xx',
  selects: { manufacturer: /simcom/i, model: /SIM70[789]\d/i },
  usb: [
    {
      vendorId: '1e0e',
      productId: '9205',
      module: 'SIM7070/SIM7080',
      roles: { 0: 'diag', 1: 'nmea', 2: 'at', 3: 'data' },
    },
    {
      vendorId: '1e0e',
      productId: '9206',
      module: 'SIM7070/SIM7080',
      roles: { 0: 'diag', 1: 'nmea', 2: 'at', 3: 'ignore', 4: 'ignore', 5: 'data' },
    },
  ],
  login: (login) => [standardLogin(login)],
};
