import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import { createMgaSplitter } from '../../../src/services/index.js';
import { createMgaFetch } from '../../../src/services/ntrip/mga-fetch.js';
import { ubx } from './frames.js';

function bench(mountPoint: string) {
  const clock = createFakeClock();
  const offered: Uint8Array[][] = [];
  const fetch = createMgaFetch({
    clock,
    assistance: { offer: (frames) => void offered.push([...frames]), isFresh: () => false },
    mountPoint,
    wanted: true,
    from: 'caster',
  });
  fetch.mountPoint();
  const burst = fetch.begin();
  if (!burst) throw new Error('no burst');
  return { burst, offered };
}
const tiny = Buffer.concat(Array.from({ length: 5000 }, (_, n) => ubx(0x13, 0, Buffer.of(1, 0, n & 255, 0))));
const long = Buffer.concat(Array.from({ length: 300 }, (_, n) => ubx(0x13, 0, Buffer.alloc(1000, n & 255))));

describe('a flood of assistance', () => {
  test.each([
    ['of tiny frames', tiny, 1000],
    ['of long frames', long, 66],
  ])('%s: no more than a burst is kept of it until its end is seen', (_what, flood, kept) => {
    const { burst, offered } = bench('NEAR');
    for (let n = 0; n < 20; n++) burst.push(flood);
    expect(burst.isOver()).toBe(true);
    burst.finish();
    expect(offered.map((frames) => frames.length)).toEqual([kept]);
  });

  test('on a mountpoint that was configured so it is handed on in pieces, and nothing is lost', () => {
    const { burst, offered } = bench('NEAR-MGA');
    burst.push(tiny);
    burst.push(long);
    burst.finish();
    expect(offered.map((frames) => frames.length)).toEqual([1000, 1000, 1000, 1000, 1000, 66, 66, 66, 66, 36]);
    expect(burst.isOver()).toBe(false);
  });

  test.each([0, 3, 4])('a frame with %i bytes of payload', (length) => {
    const frame = ubx(0x13, 0, Buffer.alloc(length));
    const { frames, rest } = createMgaSplitter().push(frame);
    expect([frames.length, Buffer.concat(rest).length]).toEqual(length < 4 ? [0, frame.length] : [1, 0]);
  });
});
