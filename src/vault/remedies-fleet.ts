// Remedies for what the operator's own broker asks for.
import { FILE_REMEDIES, type RemedyTable } from './remedy-table.js';

export const FLEET_PASSWORD_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing:
    'Put the password of the fleet’s broker into the file that fleet.password names, and run chmod 600 on the file.',
  rejected:
    'The fleet’s broker refuses user or password: compare fleet.user and the file that fleet.password names with the broker’s list of users.',
};

export const FLEET_CERTIFICATE_REMEDIES: RemedyTable = {
  ...FILE_REMEDIES,
  missing: 'Put certificate and key of this gateway into the files that fleet.certFile and fleet.keyFile name.',
  expiring: 'The certificate for the fleet’s broker ends soon: put a new one and its key into their files.',
  expired: 'The certificate for the fleet’s broker has ended: put a new one and its key into their files.',
  rejected: 'The fleet’s broker refuses the certificate: look whether it knows the authority that signed it.',
};
