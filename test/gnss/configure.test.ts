import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { configureReceiver, MANDATORY_ITEMS, OPTIONAL_ITEMS } from '../../src/gnss/index.js';
import { ubx } from './frames.js';

const ACK = ubx(5, 1, Buffer.from([0x06, 0x8a]));
const NAK = ubx(5, 0, Buffer.from([0x06, 0x8a]));

/** A port whose far side answers each frame with what `answer` returns. */
function fakePort(answer: (items: number[], n: number) => Buffer | undefined) {
  const listeners = new Set<(frame: Uint8Array) => void>();
  const sent: number[][] = [];
  const layers: number[] = [];
  return {
    sent,
    layers,
    listeners,
    tell: (frame: Buffer) => {
      for (const cb of [...listeners]) cb(frame);
    },
    port: {
      send(frame: Uint8Array) {
        const view = Buffer.from(frame);
        layers.push(view[7]!);
        const keys: number[] = [];
        for (let at = 10; at < view.length - 2; at += 5) keys.push(view.readUInt32LE(at));
        sent.push(keys);
        const reply = answer(keys, sent.length);
        if (reply) for (const cb of [...listeners]) cb(reply);
      },
      onUbx(cb: (frame: Uint8Array) => void) {
        listeners.add(cb);
        return () => void listeners.delete(cb);
      },
    },
  };
}

const keysOf = (items: readonly { key: number }[]): number[] => items.map((i) => i.key);
const run = (port: ReturnType<typeof fakePort>, signal = new AbortController().signal, clock = createFakeClock()) =>
  configureReceiver({ port: port.port, clock, log: silentLogger }, { signal });

describe('receiver configuration', () => {
  test('mandatory keys travel together, optional ones alone, all into RAM only', async () => {
    const port = fakePort(() => ACK);
    expect(await run(port)).toEqual({ mandatory: 'accepted', refused: [] });
    expect(port.sent).toEqual([keysOf(MANDATORY_ITEMS), ...OPTIONAL_ITEMS.map((i) => [i.key])]);
    expect(new Set(port.layers)).toEqual(new Set([1]));
    expect(port.listeners.size).toBe(0);
  });

  test('a receiver without SPARTN keeps the rest', async () => {
    const port = fakePort((keys) => (keys.includes(0x10730005) || keys.includes(0x20a70001) ? NAK : ACK));
    expect(await run(port)).toEqual({ mandatory: 'accepted', refused: ['UART1INPROT-SPARTN', 'SPARTN-USE_SOURCE'] });
    expect(port.sent).toHaveLength(1 + OPTIONAL_ITEMS.length);
  });

  test('a receiver that answers nothing is not waited for again and again', async () => {
    const clock = createFakeClock();
    const port = fakePort(() => undefined);
    const done = run(port, new AbortController().signal, clock);
    await clock.advance(2000);
    expect(await done).toEqual({ mandatory: 'silent', refused: [] });
    expect(port.sent).toHaveLength(2 + OPTIONAL_ITEMS.length);
    expect(clock.pending).toBe(0);
  });

  test('an acknowledgement of another message is not taken for ours', async () => {
    const clock = createFakeClock();
    const port = fakePort(() => undefined);
    const done = run(port, new AbortController().signal, clock);
    port.tell(ubx(5, 1, Buffer.from([0x06, 0x01])));
    await clock.advance(999);
    expect(port.sent).toHaveLength(1);
    await clock.advance(1001);
    expect((await done).mandatory).toBe('silent');
  });

  test('an abort ends it and leaves nothing behind', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const port = fakePort(() => undefined);
    const done = run(port, stop.signal, clock);
    stop.abort(new Error('stopped'));
    await expect(done).rejects.toThrow('stopped');
    expect(port.listeners.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
