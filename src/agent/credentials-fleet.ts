// The credentials of the operator's own broker: a password, a client certificate, both or none.
import type { Config } from '../config/index.js';
import { type Credential, FLEET_CERTIFICATE_REMEDIES, FLEET_PASSWORD_REMEDIES } from '../vault/index.js';
import { loadOperatorCertificate } from './credential-loads.js';
import type { CredentialMaker } from './credential-maker.js';

export interface FleetCredentials {
  password: Credential | undefined;
  /** The value is the private key. */
  certificate: Credential | undefined;
}

export function makeFleetCredentials(
  { password, certFile, keyFile }: NonNullable<Config['fleet']>,
  maker: CredentialMaker,
): FleetCredentials {
  const certificate =
    certFile === undefined || keyFile === undefined
      ? undefined
      : maker.make(
          'fleet-certificate',
          'client-certificate',
          loadOperatorCertificate({ certFile, keyFile }, maker.place),
          { remedies: FLEET_CERTIFICATE_REMEDIES },
        );
  if (certificate && certFile !== undefined && keyFile !== undefined)
    for (const file of [certFile, keyFile]) maker.follow(file, certificate);
  return {
    password: maker.fromRef('fleet-password', 'password', password, { remedies: FLEET_PASSWORD_REMEDIES }),
    certificate,
  };
}
