// The outbox's backlog through arrays by REST, with bad states in it and on a slow road: it becomes empty in minutes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createFakeClock, silentLogger, sleep, WaymarkError } from '../../../src/core/index.js';
import { openOutbox, readQuarantine, realLogDisk } from '../../../src/outbox/index.js';
import { answerError, readLosantAnswer } from '../../../src/services/losant/answers.js';
import { createMqttLink, createRestLink } from '../../../src/services/losant/link.js';
import type { LosantState } from '../../../src/services/losant/state.js';
import { APP, DEVICE } from './fakes.js';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

interface Case {
  over: 'mqtt' | 'rest';
  records: number;
  bad: readonly number[];
  roadMs: number;
  perStateMs?: number;
  http?: number;
  body?: string;
  minutes: number;
}

async function run({ over, records, bad, roadMs, perStateMs = 0, http = 400, body, minutes }: Case) {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-backlog-'));
  dirs.push(dir);
  const clock = createFakeClock();
  await using outbox = await openOutbox(
    // The fake clock does not wait for a real disk.
    { clock, log: silentLogger, disk: { ...realLogDisk, replace: async (path, bytes) => writeFileSync(path, bytes) } },
    { dir, destination: 'losant', boot: 1, maxBytes: 2 ** 25, maxAgeMs: 7 * 864e5, minFreeBytes: 0, sync: false },
  );
  for (let n = 0; n < records; n++)
    await outbox.put({ kind: 'state', class: 'A', utcMs: 0, timeQuality: 'none', monoMs: 0, body: { n } });
  const taken = new Map<number, number>();
  const figures = { posts: 0, states: 0 };
  const numberOf = (state: LosantState): number => Number(state.data['n']);
  const rest = {
    deviceId: DEVICE,
    applicationId: APP,
    async postState(given: LosantState | readonly LosantState[], { signal }: { signal: AbortSignal }) {
      const states: readonly LosantState[] = 'data' in given ? [given] : given;
      figures.posts++;
      figures.states += states.length;
      await sleep(clock, roadMs + perStateMs * states.length, signal);
      if (states.some((state) => bad.includes(numberOf(state)))) {
        const answer = readLosantAnswer({
          status: http,
          body: Buffer.from(body ?? '{"type":"Validation","message":"no"}'),
        });
        if (answer.is === 'ok') throw new WaymarkError('losant.malformed', 'no refusal');
        throw answerError({ ...answer, is: answer.is }, 'state', 'device-token');
      }
      // Gap records, -1, may be several.
      for (const n of states.map(numberOf)) if (n >= 0) taken.set(n, (taken.get(n) ?? 0) + 1);
    },
  };
  const stateOf = (record: { body: Readonly<Record<string, unknown>>; kind: string }) =>
    ({ is: 'state', json: { data: { n: record.kind === 'gap' ? -1 : Number(record.body['n']) } } }) as const;
  const deps = { clock, rest, stateOf };
  const link =
    over === 'rest'
      ? createRestLink(deps)
      : createMqttLink({
          ...deps,
          window: { sent: () => undefined, count: () => 0 },
          session: {
            publish: () => Promise.reject(new WaymarkError('core.timeout', 'no word')),
          },
        });
  const stop = new AbortController();
  const draining = outbox.drain(link, { signal: stop.signal });
  for (let i = 0; i < minutes * 120 && outbox.status().records > 0; i++) {
    await clock.advance(500);
    await new Promise(setImmediate);
  }
  const status = outbox.status();
  stop.abort();
  await clock.advance(2000);
  await draining;
  const duplicates = [...taken.values()].reduce((all, times) => all + times - 1, 0);
  return { status, ...figures, duplicates, aside: readQuarantine(realLogDisk, dir).length };
}

test.each<[string, Case]>([
  ['two bad ones, 0.3 s of road', { over: 'mqtt', records: 1000, bad: [3, 97], roadMs: 300, minutes: 5 }],
  ['two bad ones, 2 s of road', { over: 'mqtt', records: 1000, bad: [3, 97], roadMs: 2000, minutes: 5 }],
  ['two bad ones, by REST alone', { over: 'rest', records: 1000, bad: [3, 4], roadMs: 2000, minutes: 5 }],
])('a backlog of 1000 with %s goes, each once', async (_, given) => {
  const { status, duplicates, aside, states } = await run(given);
  expect(status).toMatchObject({ records: 0, quarantined: 2 });
  expect([duplicates, aside]).toEqual([0, 2]);
  expect(states).toBeLessThan(2000);
});

test('a road that takes half a second a state carries it in smaller arrays', async () => {
  const { status, states } = await run({
    over: 'rest',
    records: 300,
    bad: [],
    roadMs: 100,
    perStateMs: 500,
    minutes: 12,
  });
  expect(status).toMatchObject({ records: 0, quarantined: 0 });
  expect(states).toBeLessThan(900);
});

test('a proxy that answers 407 to everything costs no record, and the status says that nothing goes', async () => {
  const all = Array.from({ length: 50 }, (_, n) => n);
  const { status, posts } = await run({
    over: 'rest',
    records: 50,
    bad: all,
    roadMs: 300,
    http: 407,
    body: '<html>',
    minutes: 300,
  });
  expect(status).toMatchObject({ records: 50, quarantined: 0, reason: 'outbox.stalled' });
  expect(posts).toBeLessThan(7);
});
