import { expect, test } from 'vitest';
import { chipcodeReports } from '../../src/agent/assistance/chipcode.js';
import { createFakeClock, Secret, silentLogger } from '../../src/core/index.js';
import { type ChipcodeIdentity, createCredential } from '../../src/vault/index.js';

const chipcode = (text: string): ChipcodeIdentity => ({
  shape: 'chipcode',
  version: 1,
  chipcode: new Secret('chipcode', text),
  serviceUrl: 'https://a.test',
  allowedData: [],
});

test('a late refusal of an old chipcode says nothing of the renewed one', async () => {
  const [old, renewed] = [chipcode('T0xE'), chipcode('TkVX')];
  let held = old;
  using credential = createCredential(
    { clock: createFakeClock(), log: silentLogger },
    { id: 'assistnow-chipcode', kind: 'chipcode', load: async () => ({ value: held.chipcode }) },
  );
  await credential.reload();
  held = renewed;
  await credential.reload();
  const report = chipcodeReports(credential);
  const refused = { is: 'refused', state: 'rejected', reason: 'refused', evidence: { http: 401 } } as const;
  report(refused, old);
  expect(credential.status()).toMatchObject({ state: 'valid', tested: false });
  report({ is: 'ok' }, renewed);
  expect(credential.status().tested).toBe(true);
  report(refused, chipcode('TkVX'));
  expect(credential.status().state).toBe('rejected');
  chipcodeReports(undefined)(refused, old);
});
