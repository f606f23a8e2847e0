import { expect, test } from 'vitest';
import { createOutput, createTeeLogger, type LogLevel, Secret } from '../../src/core/index.js';
import { createLogTail, type LogEntry } from '../../src/status/index.js';

const AT = Date.UTC(2026, 0, 1);

function rig(level: LogLevel, isSilent = false) {
  const written: string[] = [];
  const stream = { on: () => stream, write: (text: string) => written.push(text) > 0 };
  const tail = createLogTail();
  const output = isSilent ? undefined : createOutput(stream as unknown as NodeJS.WritableStream);
  const tee = createTeeLogger({ level, output, tail: tail.add, now: () => AT });
  return {
    ...tee,
    tail,
    written,
    events: (least: LogLevel = 'trace') => tail.recent({ level: least, limit: 500 }).map(({ event }) => event),
  };
}

test('an entry has its parts, and no secret', () => {
  const { log, tail } = rig('info');
  const secret = new Secret('api-token', 'tail-canary-0123456789');
  log
    .child('session')
    .child('mqtt')
    .warn('session.lost', { token: secret, note: 'tail-canary-0123456789', n: 1 }, 'Lost tail-canary-0123456789.');
  const [entry] = tail.recent({ level: 'trace', limit: 10 });
  expect(entry).toMatchObject({
    id: 1,
    atMs: AT,
    level: 'warn',
    component: 'session.mqtt',
    event: 'session.lost',
    fields: { n: 1 },
  });
  expect(entry?.message).toMatch(/^Lost \[secret/);
  expect(JSON.stringify(entry)).not.toContain('canary');
});

test('the tail has the info lines even where the output says less or nothing', () => {
  for (const { log, written, events } of [rig('error'), rig('info', true)]) {
    log.info('a');
    log.debug('b');
    expect(events()).toEqual(['a']);
    expect(written).toEqual([]);
    expect([log.enabled('info'), log.enabled('debug')]).toEqual([true, false]);
  }
});

test('a level that is changed counts for output, tail and children that are there, and comes back', () => {
  const { log, setLevel, events, written } = rig('warn');
  const child = log.child('modem');
  child.trace('before');
  expect(setLevel('trace')).toBe('warn');
  child.trace('during');
  expect(child.enabled('trace')).toBe(true);
  expect(setLevel('warn')).toBe('trace');
  child.trace('after');
  child.info('info');
  expect(events()).toEqual(['during', 'info']);
  expect(written).toHaveLength(1);
  expect(events('warn')).toEqual([]);
});

test('500 lines and 256 KiB at most; ids count on; a storm of large lines costs only its own fields', () => {
  const tail = createLogTail();
  const seen: LogEntry[] = [];
  const stop = tail.follow((entry) => seen.push(entry));
  for (let i = 0; i < 600; i++) tail.add(`{"level":"info","event":"e${i}"}\n`);
  const kept = tail.recent({ level: 'trace', limit: 9999 });
  expect([kept.length, kept[0]?.id, kept.at(-1)?.id, seen.length]).toEqual([500, 101, 600, 600]);
  stop();
  for (let i = 0; i < 40; i++) tail.add(`{"level":"error","event":"big","msg":"m","data":"${'x'.repeat(100_000)}"}\n`);
  expect(tail.recent({ level: 'error', limit: 1 })).toEqual([
    expect.objectContaining({ id: 640, event: 'big', message: 'm', fields: { isShortened: true } }),
  ]);
  for (let i = 0; i < 100; i++) tail.add(`{"level":"warn","event":"mid","data":"${'y'.repeat(8000)}"}\n`);
  const bytes = JSON.stringify(tail.recent({ level: 'trace', limit: 500 })).length;
  expect(bytes).toBeLessThan(300_000);
  expect(seen).toHaveLength(600);
});

test.each([
  ['no JSON at all'],
  ['{"level":"info","event":'],
  ['null'],
  ['[]'],
  ['{"level":"loud","event":7,"time":3}'],
  [''],
])('%j is an entry all the same', (line) => {
  const tail = createLogTail();
  tail.add(`${line}\n`);
  const [entry] = tail.recent({ level: 'trace', limit: 1 });
  expect(entry).toMatchObject({ id: 1, level: 'info', event: expect.stringMatching(/^log\./) as unknown });
});
