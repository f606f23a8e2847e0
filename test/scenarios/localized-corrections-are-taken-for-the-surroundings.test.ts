import { expect, test } from 'vitest';
import { startOverMqtt, topicsOf } from '../helpers/mqtt-gateway.js';
import { lamp } from '../helpers/scenario.js';

/** Vienna, where the simulated receiver stands, lies in this tile of 2.5 degrees; its nearest node is this one. */
const TILE = 'L2N4875E01625';
const NODE = `pp/ip/${TILE}/N4800E01600`;

test('with a fix the nearest node of the tile takes the place of the region, and the receiver uses it', async () => {
  await using gateway = await startOverMqtt({ corrections: { localized: '2' } });
  const status = await gateway.until('the node', (s) => s.session.topics.includes(NODE));
  expect(status.corrections.detail).toContain(`tile ${TILE}, node N4800E01600`);
  const before = status.corrections.framesToReceiver;
  const used = await gateway.until(
    'used',
    (s) => s.corrections.framesToReceiver >= before + 20 && s.corrections.use.answer === 'used',
  );
  expect(used.corrections).toMatchObject({ badBytes: 0, dropped: 0 });
  expect(lamp(used, 'session').state).toBe('lit');
  // Neither the dictionary nor the region is paid for any longer; one session all along.
  expect(topicsOf(gateway).filter((topic) => topic.includes('/ip'))).toEqual(['/pp/ubx/0236/ip', NODE]);
  expect(used.session.connects).toBe(1);
});

test('where the broker grants no localized topic the region’s corrections go on', async () => {
  await using gateway = await startOverMqtt({
    corrections: { localized: '2' },
    prepare: ({ clouds }) => clouds.broker.withdraw([`pp/ip/${TILE}/dict`]),
  });
  const status = await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');
  expect(status.session.topics).toContain('/pp/ip/eu');
  await gateway.until('a fix by them', (s) => s.fix.quality === 'rtk_fixed');
  expect(topicsOf(gateway)).toContain('/pp/ip/eu');
  expect(topicsOf(gateway).some((topic) => topic.includes(TILE))).toBe(false);
});
