import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  abortable,
  aborted,
  abortReason,
  createDisposer,
  createFakeClock,
  deferred,
  linkedController,
  onAbort,
  sleep,
  WaymarkError,
  withDeadline,
} from '../../src/core/index.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const never = (): Promise<never> => new Promise<never>(() => undefined);

describe('deadline', () => {
  test('a settled wait leaves no listener and no timer behind, however it settled', async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    for (let i = 0; i < 20; i++) {
      await withDeadline({ clock, ms: 1000, signal: parent.signal, what: 'x' }, async () => i);
      await withDeadline({ clock, ms: 1000, signal: parent.signal, what: 'x' }, () =>
        Promise.reject(new Error('no')),
      ).catch(() => undefined);
      await withDeadline({ clock, ms: 1000, signal: parent.signal, what: 'x' }, () => {
        throw new Error('at once');
      }).catch(() => undefined);
    }
    expect(listeners(parent.signal)).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('on time-out it rejects with the code it was given, even when the work ignores its signal', async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const wait = withDeadline(
      { clock, ms: 15_000, code: 'modem.timeout', signal: parent.signal, what: 'answer to AT' },
      never,
    );
    const outcome = wait.catch((error: unknown) => error);
    await clock.advance(15_000);
    const error = (await outcome) as WaymarkError;
    expect(error).toBeInstanceOf(WaymarkError);
    expect(error.code).toBe('modem.timeout');
    expect(error.message).toBe('answer to AT: nothing within 15 s');
    expect(listeners(parent.signal)).toBe(0);
  });

  test('the default code is core.timeout, and the work sees the same error as its abort reason', async () => {
    const clock = createFakeClock();
    let inside: unknown;
    const wait = withDeadline({ clock, ms: 500, what: 'x' }, (signal) => {
      signal.addEventListener('abort', () => (inside = abortReason(signal)));
      return never();
    }).catch((error: unknown) => error);
    await clock.advance(500);
    const error = (await wait) as WaymarkError;
    expect(error.code).toBe('core.timeout');
    expect(inside).toBe(error);
  });

  test("the parent's abort reason wins over the deadline", async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const wait = withDeadline({ clock, ms: 1000, signal: parent.signal, what: 'x' }, never).catch((e: unknown) => e);
    const reason = new WaymarkError('link.closed', 'unplugged');
    parent.abort(reason);
    expect(await wait).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test('a parent that has already aborted rejects at once', async () => {
    const clock = createFakeClock();
    const reason = new Error('gone');
    const wait = withDeadline({ clock, ms: 1000, signal: AbortSignal.abort(reason), what: 'x' }, never);
    await expect(wait).rejects.toBe(reason);
  });

  test('a late failure of abandoned work is not an unhandled rejection', async () => {
    const clock = createFakeClock();
    const late = deferred<never>();
    const wait = withDeadline({ clock, ms: 10, what: 'x' }, () => late.promise).catch((e: unknown) => e);
    await clock.advance(10);
    await wait;
    late.reject(new Error('too late'));
    await clock.advance(0);
  });
});

describe('signal', () => {
  test('a linked controller follows its parent until disposed', () => {
    const parent = new AbortController();
    const kept = linkedController(parent.signal);
    const disposed = linkedController(parent.signal);
    disposed[Symbol.dispose]();
    const reason = new WaymarkError('core.cancelled', 'stop');
    parent.abort(reason);
    expect(kept.signal.reason).toBe(reason);
    expect(disposed.signal.aborted).toBe(false);
    expect(linkedController(parent.signal).signal.reason).toBe(reason);
  });

  test('aborting a linked controller leaves the parent alone', () => {
    const parent = new AbortController();
    const child = linkedController(parent.signal);
    child.abort();
    expect(child.signal.aborted).toBe(true);
    expect((child.signal.reason as WaymarkError).code).toBe('core.cancelled');
    expect(parent.signal.aborted).toBe(false);
  });

  test('a reason that is no Error becomes core.cancelled', () => {
    const controller = new AbortController();
    controller.abort('because');
    expect(abortReason(controller.signal)).toMatchObject({ code: 'core.cancelled' });
    const error = new Error('x');
    expect(abortReason(AbortSignal.abort(error))).toBe(error);
  });

  test('sleep ends at its time, or at once with the reason, and leaves nothing behind', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    let woke = false;
    const first = sleep(clock, 100, controller.signal).then(() => (woke = true));
    await clock.advance(99);
    expect(woke).toBe(false);
    await clock.advance(1);
    await first;
    expect(listeners(controller.signal)).toBe(0);

    const second = sleep(clock, 100, controller.signal).catch((e: unknown) => e);
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await second).toBe(reason);
    expect(clock.pending).toBe(0);
    await expect(sleep(clock, 100, controller.signal)).rejects.toBe(reason);
  });

  test('onAbort calls at once when it is too late, never when unsubscribed, and takes no signal for never', () => {
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    onAbort(AbortSignal.abort(), count);
    expect(calls).toBe(1);
    const controller = new AbortController();
    onAbort(controller.signal, count)();
    controller.abort();
    onAbort(undefined, count)();
    expect(calls).toBe(1);
  });

  test('abortable settles as its promise does when no abort comes, and removes its listener', async () => {
    const controller = new AbortController();
    expect(await abortable(Promise.resolve(7), controller.signal)).toBe(7);
    await expect(abortable(Promise.reject(new Error('x')), controller.signal)).rejects.toThrow('x');
    expect(await abortable(Promise.resolve(8))).toBe(8);
    await Promise.resolve();
    expect(listeners(controller.signal)).toBe(0);
  });

  test('aborted resolves, it never rejects', async () => {
    const controller = new AbortController();
    const wait = aborted(controller.signal);
    controller.abort(new Error('x'));
    await expect(wait).resolves.toBeUndefined();
  });
});

describe('disposer', () => {
  test('closes in reverse order, tries every closer, rethrows the first failure, and closes once', async () => {
    const order: string[] = [];
    const disposer = createDisposer();
    disposer.add(() => void order.push('a'));
    disposer.use({
      [Symbol.asyncDispose]: () => {
        order.push('b');
        return Promise.reject(new Error('b failed'));
      },
    });
    disposer.add(() => {
      order.push('c');
      throw new Error('c failed');
    });
    await expect(disposer[Symbol.asyncDispose]()).rejects.toThrow('c failed');
    expect(order).toEqual(['c', 'b', 'a']);
    await disposer[Symbol.asyncDispose]();
    expect(order).toHaveLength(3);
  });
});
