import { expect, test } from 'vitest';
import { CELL_TOKEN, startWithCells } from '../helpers/cells.js';
import { isFixed, lamp } from '../helpers/scenario.js';

/** Somewhere else than the receiver, so that a sentence tells whose word it is. */
const PLACE = { latitudeDeg: 47.5, longitudeDeg: 9.7 };

test('without a fix the session starts on the position by the cells, and the receiver’s own takes over', async () => {
  await using gateway = await startWithCells({ cells: PLACE });
  const { sentences } = gateway;
  const { caster } = gateway.world.clouds;

  const placed = await gateway.until('a position by the cells', (s) => s.position?.from === 'cell');
  expect(placed.position).toMatchObject(PLACE);
  expect(placed.cellLocate).toMatchObject({ state: 'known', attempts: 1, uncertaintyM: 480 });
  expect(placed.cellLocate?.sentence).toMatch(/^By the cells around it the gateway is within 480 m of 47\.500, 9\.700/);
  expect(lamp(placed, 'fix')).toMatchObject({ state: 'waiting' });

  // Corrections flow before there is any fix: the caster was told where the cells are, as an ordinary position.
  const served = await gateway.until('corrections before a fix', (s) => lamp(s, 'corrections').state === 'lit');
  expect(served.fix.quality).toBe('none');
  expect(served.position?.from).toBe('cell');
  expect(sentences()).toEqual([expect.stringMatching(/^\$GNGGA,[\d.]+,4730\.0000,N,00942\.0000,E,1,/)]);
  expect(served.credentials.find(({ id }) => id === 'celllocate-token')).toMatchObject({
    state: 'valid',
    tested: true,
  });

  await gateway.until('the receiver’s own position', (s) => isFixed(s) && s.position?.from === 'receiver');
  await gateway.until('the caster hears it', () => sentences().every((line) => !line.includes('4730.0000')));
  expect(sentences().at(-1)).toMatch(/^\$GNGGA,[\d.]+,\d{4}\.\d+,N,\d{5}\.\d+,E,[145],/);
  // One session, and one question: nobody else's position is asked for once the receiver knows its own.
  expect(caster.stats.connections.filter(({ isLive }) => isLive)).toHaveLength(1);
  expect(gateway.questions()).toHaveLength(1);
  expect(gateway.transcript.join('\n')).not.toContain(CELL_TOKEN);
}, 40_000);
