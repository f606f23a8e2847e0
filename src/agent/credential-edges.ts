// Which credential is made from which, with the configuration at hand: so that status names the one to mend
// (specs/tokens.md section 2). Ids that are not there do no harm.
import type { Config } from '../config/index.js';
import type { CredentialEdge } from '../vault/index.js';

const edge = (child: string, ...needs: string[]): CredentialEdge[] => needs.map((need) => ({ child, needs: need }));
const brought = (child: string, by: string): CredentialEdge => ({ child, needs: by, brings: true });

export function credentialEdges({ corrections, thingspace }: Config): readonly CredentialEdge[] {
  const isOwnCaster = corrections?.ntrip.host !== undefined;
  const isDirect = thingspace?.mode === 'direct';
  const operator = ['thingspace-certificate', 'thingspace-enrolment'];
  return [
    brought('client-certificate', 'ztp-token'),
    ...edge('spartn-keys', 'client-certificate'),
    brought('spartn-keys', 'ztp-token'),
    ...(isOwnCaster ? [] : [brought('ntrip-account', 'ztp-token')]),
    brought('assistnow-chipcode', 'assistnow-token'),
    ...(isDirect
      ? [
          ...edge('thingspace-api-token', 'thingspace-key', 'thingspace-secret'),
          ...edge('thingspace-session', 'thingspace-api-token', 'thingspace-user', 'thingspace-password'),
        ]
      : [...edge('thingspace-api-token', ...operator), ...edge('thingspace-session', ...operator)]),
    brought('losant-access-key', 'losant-enrolment'),
    brought('losant-access-secret', 'losant-enrolment'),
    ...edge('losant-device-token', 'losant-access-key', 'losant-access-secret'),
  ];
}
