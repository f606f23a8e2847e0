import { describe, expect, test } from 'vitest';
import { type CredentialEdge, type CredentialState, rootCauses } from '../../src/vault/index.js';

const EDGES: CredentialEdge[] = [
  { child: 'session', needs: 'token' },
  { child: 'session', needs: 'password' },
  { child: 'token', needs: 'key' },
  { child: 'token', needs: 'secret' },
  { child: 'keys', needs: 'certificate' },
  { child: 'certificate', needs: 'ztp', brings: true },
];

/** `on-demand`: without a value, and nothing wrong. */
type Told = Record<string, CredentialState | 'on-demand'>;

const roots = (told: Told, edges = EDGES): Record<string, string> =>
  Object.fromEntries(
    rootCauses(
      Object.entries(told).map(([id, state]) =>
        state === 'on-demand' ? { id, state: 'missing', isOnDemand: true } : { id, state },
      ),
      edges,
    ),
  );

describe('one root cause each', () => {
  test.each<[string, Told, Record<string, string>]>([
    ['all is well', { session: 'valid', token: 'valid', key: 'valid', password: 'valid' }, {}],
    [
      'the bottom is broken: all above wait for it, and not for each other',
      { session: 'expired', token: 'expired', key: 'rejected', secret: 'valid', password: 'valid' },
      { session: 'key', token: 'key' },
    ],
    [
      'the second leg is broken: what does not stand on it does not wait',
      { session: 'rejected', token: 'valid', key: 'valid', secret: 'valid', password: 'rejected' },
      { session: 'password' },
    ],
    [
      'both legs are broken: the first named is shown',
      { session: 'missing', token: 'missing', key: 'valid', secret: 'missing', password: 'rejected' },
      { session: 'secret', token: 'secret' },
    ],
    [
      'a middle that is broken by itself is the root',
      { session: 'rejected', token: 'rejected', key: 'valid' },
      { session: 'token' },
    ],
    [
      'what still works does not wait, although its root is gone',
      { session: 'valid', token: 'expiring', key: 'revoked' },
      {},
    ],
    [
      'nothing was fetched yet, and nothing is wrong',
      { session: 'on-demand', token: 'on-demand', key: 'valid', password: 'valid' },
      {},
    ],
    [
      'nothing was fetched yet, but it could not be',
      { session: 'on-demand', token: 'on-demand', key: 'deactivated' },
      { session: 'key', token: 'key' },
    ],
    [
      'what provisioning brings waits for it',
      { keys: 'missing', certificate: 'missing', ztp: 'valid' },
      { keys: 'ztp', certificate: 'ztp' },
    ],
    ['what it has brought does not', { keys: 'expired', certificate: 'valid', ztp: 'valid' }, {}],
    [
      'a certificate refused with a good token is a root of its own',
      { keys: 'expired', certificate: 'rejected', ztp: 'valid' },
      { keys: 'certificate' },
    ],
    [
      'and with a refused token it is not',
      { keys: 'valid', certificate: 'expired', ztp: 'rejected' },
      { certificate: 'ztp' },
    ],
    ['needs that are not there are not waited for', { session: 'rejected', token: 'missing' }, { session: 'token' }],
    ['nothing at all', {}, {}],
  ])('%s', (_what, told, expected) => {
    expect(roots(told)).toEqual(expected);
  });

  test('a ring of needs ends', () => {
    const ring = [
      { child: 'a', needs: 'b' },
      { child: 'b', needs: 'a' },
    ];
    expect(roots({ a: 'rejected', b: 'rejected' }, ring)).toEqual({ b: 'a' });
  });

  test('what a credential says itself counts where no edge is known', () => {
    const told = [
      { id: 'device-token', state: 'missing', waitsFor: 'access-key' },
      { id: 'access-key', state: 'rejected' },
    ] as const;
    expect([...rootCauses(told, [])]).toEqual([['device-token', 'access-key']]);
  });
});
