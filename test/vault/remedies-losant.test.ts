// What a person is told about Losant's credentials.
import { expect, test } from 'vitest';
import { CREDENTIAL_REASONS, CREDENTIAL_STATES, type CredentialKind, remedyFor } from '../../src/vault/index.js';

const KINDS = ['access-key', 'access-secret', 'application-token', 'device-token'] as const satisfies CredentialKind[];

test.each(KINDS)('%s: a sentence for every state and reason', (kind) => {
  for (const state of CREDENTIAL_STATES)
    for (const reason of [undefined, ...CREDENTIAL_REASONS])
      expect(remedyFor(kind, state, reason)).toMatch(/^[A-Z].+\.$/);
});

test.each(['access-key', 'access-secret', 'application-token'] as const)(
  '%s: what was refused names the page',
  (kind) => {
    expect(remedyFor(kind, 'rejected', 'refused')).toContain('in the Losant application (Security, ');
    expect(remedyFor(kind, 'missing', 'absent')).toContain('chmod 600');
  },
);
