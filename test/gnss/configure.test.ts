import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { configureReceiver, MANDATORY_ITEMS, OPTIONAL_ITEMS, refusalSentences } from '../../src/gnss/index.js';
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

const done = { mandatory: 'accepted', refused: [], unanswered: [], layers: 1, isFlashRefused: false };

describe('receiver configuration', () => {
  test('mandatory keys travel together, optional ones alone, all into RAM only', async () => {
    const port = fakePort(() => ACK);
    expect(await run(port)).toEqual(done);
    expect(port.sent).toEqual([keysOf(MANDATORY_ITEMS), ...OPTIONAL_ITEMS.map((i) => [i.key])]);
    expect(new Set(port.layers)).toEqual(new Set([1]));
    expect(port.listeners.size).toBe(0);
  });

  test('a receiver without SPARTN keeps the rest', async () => {
    const port = fakePort((keys) => (keys.includes(0x10730005) || keys.includes(0x20a70001) ? NAK : ACK));
    expect(await run(port)).toEqual({ ...done, refused: ['UART1INPROT-SPARTN', 'SPARTN-USE_SOURCE'] });
    expect(port.sent).toHaveLength(1 + OPTIONAL_ITEMS.length);
  });

  test('a chip without USB takes what is for its UART', async () => {
    const usb = [...MANDATORY_ITEMS.map((i) => i.key), ...OPTIONAL_ITEMS.map((i) => i.key)].filter(
      (key) => key >>> 16 === 0x1077 || [0x10780001, 0x20910009, 0x209106b9, 0x2091001d, 0x20910018].includes(key),
    );
    const port = fakePort((keys) => (keys.some((key) => usb.includes(key)) ? NAK : ACK));
    const result = await run(port);
    expect(result).toMatchObject({ mandatory: 'accepted', unanswered: [] });
    expect(refusalSentences(result)).toEqual([]);
  });

  test('a receiver that answers nothing is not waited for again and again', async () => {
    const clock = createFakeClock();
    const port = fakePort(() => undefined);
    const result = run(port, new AbortController().signal, clock);
    await clock.advance(5000);
    expect(await result).toEqual({ ...done, mandatory: 'silent', unanswered: OPTIONAL_ITEMS.map((i) => i.name) });
    expect(port.sent).toHaveLength(3 + 2 + OPTIONAL_ITEMS.length);
    expect(clock.pending).toBe(0);
  });

  test('a chip without USB that speaks sentences only cannot be heard refusing: it is asked by halves', async () => {
    const clock = createFakeClock();
    let isHeard = false;
    const port = fakePort((keys) => {
      const isRefused = keys.some((key) => [0x10780001, 0x20910009].includes(key));
      isHeard ||= !isRefused && keys.includes(0x10740001);
      return isHeard ? (isRefused ? NAK : ACK) : undefined;
    });
    const result = run(port, new AbortController().signal, clock);
    await clock.advance(3000);
    expect(await result).toMatchObject({ mandatory: 'accepted', unanswered: [] });
    expect(port.sent.slice(3, 5)).toEqual([
      [0x10740001, 0x20910007],
      [0x10780001, 0x20910009],
    ]);
  });

  test('a message without an answer is sent up to three times, and what is lost is said', async () => {
    const clock = createFakeClock();
    const lost = new Map([
      [0x10740001, 2],
      [0x20a70001, 3],
    ]);
    const port = fakePort(([key = 0]) => {
      const left = lost.get(key) ?? 0;
      lost.set(key, left - 1);
      return left > 0 ? undefined : ACK;
    });
    const result = run(port, new AbortController().signal, clock);
    await clock.advance(10_000);
    expect(await result).toEqual({ ...done, unanswered: ['SPARTN-USE_SOURCE'] });
    expect(port.sent).toHaveLength(1 + OPTIONAL_ITEMS.length + 2 + 2);
    expect(clock.pending).toBe(0);
  });

  test('a late answer to the first try is not taken for one to the next message', async () => {
    const clock = createFakeClock();
    const port = fakePort((_, n) => (n === 1 ? undefined : n === 2 ? ACK : NAK));
    const result = run(port, new AbortController().signal, clock);
    await clock.advance(1000);
    expect(port.sent).toHaveLength(2);
    port.tell(ACK);
    await clock.advance(1000);
    expect((await result).refused).toEqual(OPTIONAL_ITEMS.map((i) => i.name));
  });

  test('an acknowledgement of another message is not taken for ours', async () => {
    const clock = createFakeClock();
    const port = fakePort(() => undefined);
    const result = run(port, new AbortController().signal, clock);
    port.tell(ubx(5, 1, Buffer.from([0x06, 0x01])));
    await clock.advance(999);
    expect(port.sent).toHaveLength(1);
    await clock.advance(4001);
    expect((await result).mandatory).toBe('silent');
  });

  test('an abort ends it and leaves nothing behind', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const port = fakePort(() => undefined);
    const result = run(port, stop.signal, clock);
    stop.abort(new Error('stopped'));
    await expect(result).rejects.toThrow('stopped');
    expect(port.listeners.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe('keeping it', () => {
  const keep = (port: ReturnType<typeof fakePort>) =>
    configureReceiver(
      { port: port.port, clock: createFakeClock(), log: silentLogger },
      { signal: new AbortController().signal, save: true },
    );

  test('writes memory, battery and flash', async () => {
    const port = fakePort(() => ACK);
    expect(await keep(port)).toMatchObject({ layers: 7 });
    expect(new Set(port.layers)).toEqual(new Set([7]));
  });

  test('takes what the receiver has when there is no flash', async () => {
    const port = fakePort((_, n) => (port.layers[n - 1] === 7 ? NAK : ACK));
    const result = await keep(port);
    expect(result).toMatchObject({ mandatory: 'accepted', layers: 3 });
    expect(refusalSentences(result)).toEqual(['the configuration is not kept in flash: this receiver has none']);
  });
});

test('a receiver of an older generation is told as such, in one sentence', async () => {
  const result = await run(fakePort(() => NAK));
  expect(result.mandatory).toBe('refused');
  expect(refusalSentences(result)).toEqual([expect.stringContaining('older than u-blox generation 9')]);
});

describe('what a receiver lacks', () => {
  const lacking = (names: RegExp) => ({
    ...done,
    refused: OPTIONAL_ITEMS.map((i) => i.name).filter((n) => names.test(n)),
  });
  test.each([
    ['nothing', /^$/, []],
    ['SPARTN on one port only is nothing to tell', /^UART2INPROT-SPARTN/, []],
    ['SPARTN', /INPROT-SPARTN/, ['SPARTN not understood: this firmware needs RTCM']],
    ['reports', /RXM_COR/, ['no reports on corrections (RXM-COR): their use shows in the positions only']],
    ['everything but a part', /^(?!NAVSPG)/, expect.arrayContaining([expect.stringContaining('NAV-SAT')])],
    ['acknowledged assistance', /ACKAIDING/, ['assistance is not acknowledged: it is sent at a slow pace instead']],
  ] as const)('%s', (_what, names, wanted) => {
    expect(refusalSentences({ ...lacking(names), mandatory: 'accepted' })).toEqual(wanted);
  });
});
