import { expect, test } from 'vitest';
import { CELL_TOKEN, startWithCells } from '../helpers/cells.js';
import { cli } from '../helpers/cli.js';
import { eventually, isServing, lamp } from '../helpers/scenario.js';

const NEW_TOKEN = 'Cell-Locate-Token-9876543210';
const HOUR_MS = 3_600_000;

test.concurrent('a refused token is said with its cure, not asked with again, and costs nobody else anything', async () => {
  await using gateway = await startWithCells({ cells: { badTokens: [CELL_TOKEN] }, scale: 10 });
  const said = (): string => gateway.transcript.join('\n');
  const refused = await gateway.until('the token is refused', (s) => s.cellLocate?.state === 'token-refused');
  expect(refused.cellLocate).toMatchObject({ reason: 'celllocate.token', attempts: 1 });
  expect(refused.cellLocate?.sentence).toMatch(/does not accept the token.*asked again in .*another one/);
  expect(refused.cellLocate?.nextInMs).toBeGreaterThan(HOUR_MS - 60_000);

  // Until the receiver knows better the session waits, and says for what.
  expect(lamp(refused, 'session').state).not.toBe('lit');
  // The line that follows a refusal looks like a position and is none.
  await eventually('the line that says nothing', () => /\+UULOC: ?01\/01\/2015/.test(said()));
  expect(gateway.status().position).toBeUndefined();

  const { code, stdout } = await cli('token', 'list', '--json', '-c', gateway.configFile);
  expect(code).toBe(0);
  const listed = (JSON.parse(stdout) as { id: string }[]).find(({ id }) => id === 'celllocate-token');
  expect(listed).toMatchObject({
    state: 'rejected',
    reason: 'ambiguous-400',
    evidence: { step: 2, result: 8, words: 'the server does not accept the token' },
    remedy: expect.stringMatching(/CellLocate.*token.*portal/i),
  });
  expect((await cli('token', 'list', '-c', gateway.configFile)).stdout).toMatch(/celllocate-token +rejected/);

  // Corrections, from the receiver's own fix on.
  const served = await gateway.until('serving', (s) => isServing(s) && s.corrections.usedByReceiver > 0);
  expect(served.position?.from).toBe('receiver');
  expect(gateway.sentences().join()).not.toMatch(/,0000\.0000,/);
  await gateway.until('minutes later', (s) => s.uptimeMs > 120_000);
  expect(gateway.questions()).toHaveLength(1);
  expect(gateway.status().cellLocate?.state).toBe('token-refused');

  // Another token is not made to wait for the hour; by now the receiver knows better, so nothing is asked with it.
  gateway.changeToken(NEW_TOKEN);
  const changed = await gateway.until('the new token is seen', (s) => s.cellLocate?.state === 'spared');
  expect(changed.credentials.find(({ id }) => id === 'celllocate-token')).toMatchObject({
    state: 'valid',
    tested: false,
  });
  expect(gateway.questions()).toHaveLength(1);
  for (const token of [CELL_TOKEN, NEW_TOKEN]) expect(said()).not.toContain(token);
}, 60_000);

test.concurrent('another token is asked with at once while nobody knows a position', async () => {
  await using gateway = await startWithCells({ cells: { badTokens: [CELL_TOKEN] }, scale: 1 });
  await gateway.until('the token is refused', (s) => s.cellLocate?.state === 'token-refused');
  await gateway.until('the session says for what', (s) => {
    const { state, detail = '' } = lamp(s, 'session');
    return state === 'waiting' && /position/.test(detail);
  });
  gateway.changeToken(NEW_TOKEN);
  const known = await gateway.until('a position by the cells', (s) => s.position?.from === 'cell');
  expect(known.cellLocate).toMatchObject({ state: 'known', attempts: 2 });
  expect(gateway.questions()).toHaveLength(2);
}, 40_000);

test.concurrent('with a configured position a bad token is never even asked with, and corrections flow without a fix', async () => {
  await using gateway = await startWithCells({
    cells: { badTokens: [CELL_TOKEN] },
    config: { corrections: { position: { latitudeDeg: 48.1, longitudeDeg: 11.6 } } },
  });
  const served = await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');
  expect(served.fix.quality).toBe('none');
  expect(served.position).toMatchObject({ from: 'configured', latitudeDeg: 48.1 });
  expect(gateway.sentences()).toEqual([expect.stringMatching(/,4806\.0000,N,01136\.0000,E,1,/)]);
  const spared = await gateway.until('not asked', (s) => s.cellLocate?.state === 'spared');
  expect(spared.cellLocate).toMatchObject({ attempts: 0 });
  expect(gateway.questions()).toEqual([]);
}, 40_000);
