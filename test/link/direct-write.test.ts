import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { createLinkOver, type Transport } from '../../src/link/base.js';

function rig(takes: (bytes: Uint8Array) => number) {
  const order: string[] = [];
  const pending: ((error?: Error) => void)[] = [];
  const transport: Transport = {
    tryWrite(bytes) {
      const taken = takes(bytes);
      if (taken > 0) order.push(`now:${Buffer.from(bytes.subarray(0, taken)).toString()}`);
      return taken;
    },
    write(bytes, done) {
      order.push(`later:${Buffer.from(bytes).toString()}`);
      pending.push(done);
    },
    close: () => Promise.resolve(),
  };
  const { link } = createLinkOver({
    name: 'fake',
    transport,
    clock: createFakeClock(),
    log: silentLogger,
    baudRate: 9600,
  });
  return { link, order, pending };
}

const text = (value: string): Uint8Array => Buffer.from(value);

describe('a write that the system takes at once', () => {
  test('needs nothing else', async () => {
    const { link, order } = rig((bytes) => bytes.length);
    await link.write(text('AT\r'));
    expect(order).toEqual(['now:AT\r']);
  });

  test('in part only: the rest follows, in order and exactly once', async () => {
    const { link, order, pending } = rig(() => 2);
    const written = link.write(text('abcdef'));
    expect(order).toEqual(['now:ab', 'later:cdef']);
    pending[0]!();
    await written;
  });

  test('not at all (EAGAIN): everything goes the waiting way', async () => {
    const { link, order, pending } = rig(() => 0);
    const written = link.write(text('abc'));
    expect(order).toEqual(['later:abc']);
    pending[0]!();
    await written;
  });

  test('never overtakes one that still waits', async () => {
    let room = 0;
    const { link, order, pending } = rig((bytes) => Math.min(room, bytes.length));
    const first = link.write(text('one'));
    room = 100;
    const second = link.write(text('two'));
    expect(order).toEqual(['later:one', 'later:two']);
    for (const done of pending) done();
    await Promise.all([first, second]);
    await link.write(text('three'));
    expect(order.at(-1)).toBe('now:three');
  });

  test('that fails ends the link with link.closed', async () => {
    const { link } = rig(() => {
      throw new Error('EIO: i/o error, write');
    });
    await expect(link.write(text('x'))).rejects.toMatchObject({ code: 'link.closed' });
    expect(await link.closed).toMatchObject({ is: 'hangup', error: { code: 'link.closed' } });
    await expect(link.write(text('y'))).rejects.toMatchObject({ code: 'link.closed' });
  });
});
