// Missed commands: each is answered once and none is passed over, whatever happens in between.
import { describe, expect, test } from 'vitest';
import { type CloudCommand, createFakeClock, silentLogger } from '../../../src/core/index.js';
import {
  CATCH_UP_LIMIT,
  CATCH_UP_PAGES,
  type CommandsSeen,
  commandsSeenCodec,
  createCatchUp,
} from '../../../src/services/losant/catch-up.js';

const NOW = Date.UTC(2026, 2, 1);
const command = (n: number, atMs: number) => ({
  name: 'recover',
  payload: { n },
  time: new Date(atMs).toISOString(),
});

function rig(options: { mark?: number; sent?: unknown[]; obeys?: boolean } = {}) {
  const clock = createFakeClock(NOW);
  const t = {
    clock,
    trust: 'trusted' as 'trusted' | 'untrusted',
    kept: options.mark === undefined ? undefined : ({ lastSeenMs: options.mark } as CommandsSeen | undefined),
    writesFail: false,
    sent: options.sent ?? [],
    asked: [] as number[],
    answered: [] as CloudCommand[],
    onAnswer: (_: CloudCommand): void => undefined,
    signal: new AbortController(),
    make: () =>
      createCatchUp({
        clock,
        trust: { status: () => ({ state: t.trust, reason: 'plausible' }) },
        log: silentLogger,
        slot: {
          read: () => Promise.resolve(t.kept && { value: t.kept, generation: 'current' as const }),
          write: (value) => {
            if (t.writesFail) return Promise.reject(new Error('full'));
            t.kept = value;
            return Promise.resolve();
          },
        },
        fetchCommands: ({ startMs, limit }) => {
          t.asked.push(startMs);
          if (options.obeys === false) return Promise.resolve(t.sent);
          const from = t.sent.filter((item) => Date.parse((item as { time: string }).time) >= startMs);
          return Promise.resolve(from.slice(0, limit));
        },
        sink: (each) => {
          t.answered.push(each);
          t.onAnswer(each);
          return Promise.resolve({ id: each.id, name: each.name, end: 'done', message: 'done' });
        },
      }),
    numbers: () => t.answered.map(({ payload }) => (payload as { n: number }).n),
  };
  return t;
}

describe('missed commands', () => {
  test('the first run ever begins at now and fetches nothing', async () => {
    const t = rig({ sent: [command(1, NOW - 1000)] });
    expect(await t.make().run({ signal: t.signal.signal })).toEqual({ is: 'first-run' });
    expect([t.kept, t.asked]).toEqual([{ lastSeenMs: NOW }, []]);
  });

  test('nothing is asked or noted while the clock is not believed', async () => {
    const t = rig();
    t.trust = 'untrusted';
    expect(await t.make().run({ signal: t.signal.signal })).toEqual({ is: 'clock-untrusted' });
    expect([t.kept, t.asked]).toEqual([undefined, []]);
  });

  test('those after the mark are answered in order, and the mark follows', async () => {
    const t = rig({ mark: NOW - 5000, sent: [command(1, NOW - 5000), command(2, NOW - 4000), command(3, NOW - 3000)] });
    expect(await t.make().run({ signal: t.signal.signal })).toEqual({
      is: 'done',
      answered: 2,
      malformed: 0,
      isComplete: true,
    });
    expect([t.numbers(), t.asked, t.kept]).toEqual([[2, 3], [NOW - 4999], { lastSeenMs: NOW - 3000 }]);
  });

  test('a server that ignores start and order does no harm', async () => {
    const sent = [command(3, NOW - 3000), command(1, NOW - 9000), command(2, NOW - 4000), null, { time: 'x' }];
    const t = rig({ mark: NOW - 5000, sent, obeys: false });
    await t.make().run({ signal: t.signal.signal });
    expect([t.numbers(), t.kept]).toEqual([[2, 3], { lastSeenMs: NOW - 3000 }]);
  });

  test('pages overlap by a millisecond, and each command is answered once', async () => {
    const sent = Array.from({ length: 250 }, (_, i) => command(i, NOW - 100_000 + Math.floor(i / 3)));
    const t = rig({ mark: NOW - 200_000, sent });
    expect(await t.make().run({ signal: t.signal.signal })).toMatchObject({ answered: 250, isComplete: true });
    expect(t.numbers()).toEqual(sent.map((_, i) => i));
    expect(t.asked).toHaveLength(3);
  });

  test('ten pages at most; the next run goes on', async () => {
    const count = CATCH_UP_LIMIT * (CATCH_UP_PAGES + 1);
    const t = rig({
      mark: NOW - 200_000,
      sent: Array.from({ length: count }, (_, i) => command(i, NOW - 100_000 + i)),
    });
    const catchUp = t.make();
    expect(await catchUp.run({ signal: t.signal.signal })).toMatchObject({ isComplete: false });
    expect(t.asked).toHaveLength(CATCH_UP_PAGES);
    expect(await catchUp.run({ signal: t.signal.signal })).toMatchObject({ isComplete: true });
    expect(new Set(t.numbers()).size).toBe(count);
  });

  test('a page that leads nowhere ends the run with an error', async () => {
    const t = rig({ mark: NOW - 5000, sent: Array.from({ length: CATCH_UP_LIMIT }, () => ({})), obeys: false });
    await expect(t.make().run({ signal: t.signal.signal })).rejects.toMatchObject({ code: 'losant.malformed' });
  });

  test('an end in the middle: nothing that was not answered is passed over, twins of a millisecond included', async () => {
    const sent = [command(1, NOW - 4000), command(2, NOW - 3000), command(3, NOW - 3000), command(4, NOW - 2000)];
    const t = rig({ mark: NOW - 5000, sent });
    t.onAnswer = ({ payload }) => {
      if ((payload as { n: number }).n === 2) t.signal.abort(new Error('stopped'));
    };
    await expect(t.make().run({ signal: t.signal.signal })).rejects.toThrow('stopped');
    expect(t.kept).toEqual({ lastSeenMs: NOW - 3001 });
    t.answered = [];
    await t.make().run({ signal: new AbortController().signal });
    expect(t.numbers()).toEqual([2, 3, 4]);
  });

  test('a malformed one is counted and passed', async () => {
    const t = rig({ mark: NOW - 5000, sent: [{ ...command(1, NOW - 4000), name: 7 }, command(2, NOW - 3000)] });
    expect(await t.make().run({ signal: t.signal.signal })).toMatchObject({ answered: 1, malformed: 1 });
    expect(t.kept).toEqual({ lastSeenMs: NOW - 3000 });
  });

  test('a mark of the future is not believed', async () => {
    const t = rig({ mark: NOW + 1e9, sent: [command(1, NOW + 1)] });
    await t.make().run({ signal: t.signal.signal });
    expect([t.asked, t.numbers(), t.kept]).toEqual([[NOW + 1], [1], { lastSeenMs: NOW }]);
  });
});

describe('live commands', () => {
  test('move the mark only while nothing older can be missing, and never beyond now', async () => {
    const t = rig({ mark: NOW - 5000, sent: [command(1, NOW - 4000)] });
    const catchUp = t.make();
    await catchUp.answeredLive({ sentUtcMs: NOW - 1000 });
    expect(t.kept).toEqual({ lastSeenMs: NOW - 5000 });
    await catchUp.run({ signal: t.signal.signal });
    expect([t.numbers(), t.kept]).toEqual([[1], { lastSeenMs: NOW - 1000 }]);
    await catchUp.answeredLive({ sentUtcMs: NOW - 500 });
    await catchUp.answeredLive({});
    expect(t.kept).toEqual({ lastSeenMs: NOW - 500 });
    // Of many in half a minute the disk hears once.
    for (let n = 0; n < 100; n++) await catchUp.answeredLive({ sentUtcMs: NOW + 1e9 + n });
    expect(t.kept).toEqual({ lastSeenMs: NOW - 500 });
    await t.clock.advance(30_000);
    await catchUp.answeredLive({ sentUtcMs: NOW });
    expect(t.kept).toEqual({ lastSeenMs: NOW });
    catchUp.sessionLost();
    await t.clock.advance(1000);
    await catchUp.answeredLive({ sentUtcMs: NOW + 900 });
    expect(t.kept).toEqual({ lastSeenMs: NOW });
  });

  test('a mark that cannot be written disturbs nobody', async () => {
    const t = rig({ mark: NOW - 5000 });
    const catchUp = t.make();
    await catchUp.run({ signal: t.signal.signal });
    t.writesFail = true;
    await expect(catchUp.answeredLive({ sentUtcMs: NOW })).resolves.toBeUndefined();
    expect(t.kept).toEqual({ lastSeenMs: NOW - 5000 });
  });
});

test('the slot’s codec takes its own and nothing else', () => {
  expect(commandsSeenCodec.decode(commandsSeenCodec.encode({ lastSeenMs: 5 }), 1)).toEqual({ lastSeenMs: 5 });
  for (const bad of [null, {}, { lastSeenMs: '5' }, { lastSeenMs: 1.5 }])
    expect(() => commandsSeenCodec.decode(bad, 1)).toThrow('no time');
});
