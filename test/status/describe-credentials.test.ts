import { expect, test } from 'vitest';
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

test('what another credential brings waits for it, and what to do is said there alone', () => {
  const certificate = view({ id: 'client-certificate', state: 'missing', reason: 'absent', remedy: 'Provision.' });
  expect(describeCredentials([REFUSED, certificate])).toContain('client-certificate   missing, waits for ztp-token\n');
  // Without a root there is nothing to wait for.
  expect(describeCredentials([certificate])).toContain('→ Provision.');
});
