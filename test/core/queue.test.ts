import { describe, expect, test } from 'vitest';
import { AsyncQueue, DropOldestQueue } from '../../src/core/index.js';

describe('drop-oldest queue', () => {
  test('the oldest go first when the weight is exceeded, and each is reported', () => {
    const dropped: string[] = [];
    const queue = new DropOldestQueue<string>(10, (v) => dropped.push(v));
    for (const [v, w] of [
      ['a', 4],
      ['b', 4],
      ['c', 4],
      ['d', 8],
    ] as const)
      queue.push(v, w);
    expect(dropped).toEqual(['a', 'b', 'c']);
    expect(queue.length).toBe(1);
    expect(queue.weight).toBe(8);
    expect(queue.shift()).toBe('d');
    expect(queue.weight).toBe(0);
    expect(queue.shift()).toBeUndefined();
  });

  test('the newest item is kept even when it alone is over the bound', () => {
    const queue = new DropOldestQueue<string>(10, () => undefined);
    queue.push('small', 1);
    queue.push('huge', 100);
    expect(queue.peek()).toBe('huge');
    expect(queue.length).toBe(1);
  });

  test('order and weight hold over thousands of takes (compaction)', () => {
    const queue = new DropOldestQueue<number>(1_000_000, () => undefined);
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 500; round++) {
      for (let i = 0; i < 7; i++) queue.push(next++, 2);
      for (let i = 0; i < 6; i++) expect(queue.shift()).toBe(expected++);
    }
    expect(queue.length).toBe(next - expected);
    expect(queue.weight).toBe(2 * (next - expected));
    queue.clear();
    expect([queue.length, queue.weight, queue.peek()]).toEqual([0, 0, undefined]);
  });

  test('an item that was taken is not kept alive by an empty queue', () => {
    const queue = new DropOldestQueue<object>(10, () => undefined);
    queue.push({}, 1);
    queue.shift();
    queue.push({ second: true }, 1);
    expect(queue.peek()).toEqual({ second: true });
    expect(queue.length).toBe(1);
  });
});

describe('async queue', () => {
  test('items come out in the order they went in, whether the reader or the writer is first', async () => {
    const queue = new AsyncQueue<number>();
    const reader = queue[Symbol.asyncIterator]();
    const early = reader.next();
    queue.push(1);
    queue.push(2);
    queue.push(3);
    expect(await early).toEqual({ value: 1, done: false });
    expect((await reader.next()).value).toBe(2);
    expect((await reader.next()).value).toBe(3);
  });

  test('over the limit an item is refused, not taken', () => {
    const queue = new AsyncQueue<number>(2);
    expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
    expect(queue.length).toBe(2);
    expect(queue.dropOldest()).toBe(1);
    expect(queue.push(3)).toBe(true);
  });

  test.each(['a read', 'dropOldest', 'the end', 'the reader leaving'])('room is announced after %s', async (how) => {
    const queue = new AsyncQueue<number>(1);
    await queue.hasRoom();
    queue.push(1);
    let room = false;
    const wait = queue.hasRoom().then(() => (room = true));
    await Promise.resolve();
    expect(room).toBe(false);
    const reader = queue[Symbol.asyncIterator]();
    if (how === 'a read') await reader.next();
    else if (how === 'dropOldest') queue.dropOldest();
    else if (how === 'the end') queue.end();
    else await reader.return?.();
    await wait;
    expect(room).toBe(true);
  });

  test('an end lets the reader have what is queued first', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    queue.end();
    expect(queue.push(3)).toBe(false);
    const seen: number[] = [];
    for await (const n of queue) seen.push(n);
    expect(seen).toEqual([1, 2]);
  });

  test('an end with an error throws in the loop after what is queued', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.end(new Error('lost'));
    queue.end();
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const n of queue) seen.push(n);
    };
    await expect(loop()).rejects.toThrow('lost');
    expect(seen).toEqual([1]);
  });

  test('a waiting reader is woken by the end, with or without an error', async () => {
    const clean = new AsyncQueue<number>();
    const first = clean[Symbol.asyncIterator]().next();
    clean.end();
    expect((await first).done).toBe(true);
    const failed = new AsyncQueue<number>();
    const second = failed[Symbol.asyncIterator]().next();
    failed.end(new Error('lost'));
    await expect(second).rejects.toThrow('lost');
  });

  test('a reader that leaves its loop ends the queue', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    for await (const n of queue) if (n === 1) break;
    expect(queue.push(3)).toBe(false);
    expect(queue.length).toBe(0);
  });
});
