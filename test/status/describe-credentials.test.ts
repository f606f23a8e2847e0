import { describe, expect, test } from 'vitest';
import { credentialLines } from '../../src/status/describe-credentials.js';
import { type CredentialView, describeCredentials } from '../../src/status/index.js';

const view = (changes: Partial<CredentialView>): CredentialView => ({
  id: 'ztp-token',
  kind: 'ztp-token',
  state: 'valid',
  since: '2026-01-01T00:00:00.000Z',
  tested: true,
  latched: false,
  generation: 1,
  remedy: 'Nothing has to be done.',
  ...changes,
});
const REFUSED = view({
  state: 'rejected',
  reason: 'not-listed',
  evidence: { http: 403, body: 'not whitelisted', at: '2026-01-02T03:04:05.000Z' },
  remedy: 'Add it in the portal.',
});

test('a refusal shows its state, its reason, what the far side said and what to do', () => {
  expect(describeCredentials([REFUSED])).toBe(
    [
      'ztp-token            rejected, because: not-listed',
      '                     evidence: http 403, body not whitelisted, at 2026-01-02T03:04:05.000Z',
      '                     → Add it in the portal.',
      '',
    ].join('\n'),
  );
});

test('evidence from outside cannot move the cursor', () => {
  const shown = describeCredentials([{ ...REFUSED, evidence: { body: 'a\u001b[2Jb\u0007' } }]);
  expect(shown).toContain(String.raw`body a\x1b[2Jb\x07`);
});

test('what is known of nothing but the time is not called evidence', () => {
  expect(describeCredentials([{ ...REFUSED, evidence: { at: '2026-01-02T03:04:05.000Z' } }])).not.toContain('evidence');
});

describe('dependencies', () => {
  const certificate = view({
    ...{ id: 'client-certificate', state: 'missing', reason: 'absent', remedy: 'Provision.' },
    waitsFor: 'ztp-token',
  });
  test('what waits for another says so, and what to do is said there alone', () => {
    expect(describeCredentials([REFUSED, certificate])).toContain(
      'client-certificate   missing, waits for ztp-token\n',
    );
    const lines = credentialLines([REFUSED, certificate]);
    expect(lines).toEqual([
      '  credential  ztp-token is rejected: Add it in the portal.',
      '              evidence: http 403, body not whitelisted, at 2026-01-02T03:04:05.000Z',
      '              for it wait: client-certificate',
    ]);
  });

  test('what is fetched when needed is no trouble', () => {
    const token = view({ id: 'thingspace-token', state: 'expired', isOnDemand: true });
    expect(describeCredentials([token])).toBe('thingspace-token     fetched when it is needed\n');
    expect(credentialLines([token])).toEqual([]);
  });

  test('a new value on its way is told below the old one, in force or not', () => {
    const rotation = { state: 'refused', sentence: 'The new value in key.next was refused.' };
    expect(describeCredentials([view({ rotation })])).toContain(
      '\n                     new value: The new value in key.next',
    );
    expect(credentialLines([view({ rotation })])).toEqual(['  new value   The new value in key.next was refused.']);
    expect(credentialLines([view({ rotation: { ...rotation, state: 'probation' } })])).toEqual([]);
  });

  test('long names have their column', () => {
    const lines = describeCredentials([view({ id: 'losant-application-token' }), view({})]).split('\n');
    expect(lines[0]).toMatch(/^losant-application-token valid/);
    expect(lines).toContain('ztp-token                valid');
  });
});
