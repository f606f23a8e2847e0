import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { createMeter } from '../../src/net/index.js';

test('a stream that does not count by itself is counted in both directions, once', async () => {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const meter = createMeter();
  const metered = await meter.metered('modem', () => Promise.resolve(stream))({ host: 'x', port: 1 }, {});
  const got = new Promise((resolve) => metered.once('data', resolve));
  stream.push(Buffer.alloc(7));
  await got;
  metered.write('äb');
  metered.write(Buffer.alloc(10));
  expect(meter.totals()).toEqual({ modem: { bytesIn: 7, bytesOut: 13, connections: 1 } });
  const closed = new Promise((resolve) => metered.once('close', resolve));
  metered.destroy();
  await closed;
  expect(meter.totals()).toEqual({ modem: { bytesIn: 7, bytesOut: 13, connections: 1 } });
});

test('bytes that others counted are noted as far as they are numbers of bytes', () => {
  const meter = createMeter();
  for (const bytesIn of [5, Number.NaN, -7, Number.POSITIVE_INFINITY, 1e308, 3])
    meter.note('module', { bytesIn, bytesOut: 1 });
  expect(meter.totals()).toEqual({ module: { bytesIn: 8, bytesOut: 6, connections: 0 } });
});
