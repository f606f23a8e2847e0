// Live events: what is sent when, and what a slow reader is told.
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../src/core/index.js';
import { createEventsDoor } from '../../src/status/events-door.js';
import { createHistory, createLogTail } from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';

class Reader extends EventEmitter {
  readonly sent: string[] = [];
  isFull = false;
  isGone = false;
  writeHead(): void {}
  end(): void {}
  destroy(): void {
    this.isGone = true;
    this.emit('close');
  }
  write(text: string): boolean {
    this.sent.push(text);
    return !this.isFull;
  }
  drain(): void {
    this.isFull = false;
    this.emit('drain');
  }
  /** `event data` of each, the newest last; taken away. */
  take(): string[] {
    return this.sent.splice(0).flatMap((text) => {
      const [, event, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(text) ?? [];
      return event === undefined
        ? text.startsWith(':')
          ? ['comment']
          : []
        : [`${event} ${(data ?? '').slice(0, 40)}`];
    });
  }
  events(): string[] {
    return this.take().map((line) => line.split(' ')[0] ?? '');
  }
}

function rig() {
  const clock = createFakeClock();
  const listeners = new Set<() => void>();
  const history = createHistory(clock);
  const log = createLogTail();
  let made = 0;
  const door = createEventsDoor({
    ...{ clock, history, log },
    snapshot: () => statusWith({ uptimeMs: ++made }),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  return {
    ...{ clock, history, log, listeners },
    made: () => made,
    change: () => {
      for (const listener of listeners) listener();
    },
    open(query = '', reader = new Reader()): Reader {
      door.open({
        request: { method: 'GET', socket: { setTimeout: () => undefined } } as unknown as IncomingMessage,
        response: reader as unknown as ServerResponse,
        ...{ query: new URLSearchParams(query), name: '', isSocket: false },
      });
      return reader;
    },
  };
}

const line = (event: string, level = 'info', more = ''): string => `{"level":"${level}","event":"${event}"${more}}\n`;

test('the status at once, then at most once a second and only on change; rows and lines as they come', async () => {
  const { clock, change, open, history, log } = rig();
  const reader = open();
  expect(reader.events()).toEqual(['status']);
  await clock.advance(3000);
  expect(reader.events()).toEqual([]);
  for (let i = 0; i < 50; i++) change();
  await clock.advance(250);
  expect(reader.events()).toEqual(['status']);
  for (let i = 0; i < 50; i++) change();
  await clock.advance(999);
  expect(reader.events()).toEqual([]);
  await clock.advance(1);
  expect(reader.events()).toEqual(['status']);
  history.add(statusWith());
  log.add(line('a'));
  log.add(line('b', 'debug'));
  expect(reader.take()).toEqual([expect.stringMatching(/^history \{"atMs"/), expect.stringMatching(/^log \{"id":1/)]);
});

test('what follows from a change within a moment is told with it, and uproar is told as well', async () => {
  const { clock, change, open } = rig();
  const reader = open();
  change();
  await clock.advance(250);
  reader.take();
  // One is waiting for its second to be over, and just before that the module is pulled: its consequences come first.
  change();
  await clock.advance(950);
  change();
  await clock.advance(200);
  expect(reader.events()).toEqual([]);
  change();
  await clock.advance(100);
  expect(reader.events()).toEqual(['status']);
  for (let i = 0; i < 50; i++) {
    change();
    await clock.advance(100);
  }
  expect(reader.events()).toHaveLength(4);
});

test('lines by level, a comment every quarter of a minute', async () => {
  const { clock, open, log } = rig();
  const [loud, all] = [open('level=error'), open('level=trace')];
  loud.take();
  all.take();
  log.add(line('x', 'trace'));
  log.add(line('y', 'error'));
  expect([loud.events(), all.events()]).toEqual([['log'], ['log', 'log']]);
  await clock.advance(30_000);
  expect(loud.events()).toEqual(['comment', 'comment']);
  expect(() => open('level=loud')).toThrow('none of');
});

test('a slow reader loses the oldest and is told, keeps the newest status, and bounded memory', async () => {
  const { clock, open, log, change } = rig();
  const reader = open();
  reader.take();
  reader.isFull = true;
  log.add(line('taken'));
  expect(reader.events()).toEqual(['log']);
  for (let i = 0; i < 3; i++) {
    change();
    await clock.advance(1000);
  }
  for (let i = 0; i < 450; i++) log.add(line(`e${i}`));
  expect(reader.take()).toEqual([]);
  reader.drain();
  const sent = reader.take();
  expect(sent[0]).toBe('lost {"count":251}');
  expect(sent).toHaveLength(201);
  expect(sent.at(-1)).toContain('"id":451');
});

test('of large events fewer wait, and one status, the newest', async () => {
  const { clock, open, log, change, made } = rig();
  const reader = open();
  reader.take();
  reader.isFull = true;
  log.add(line('taken'));
  for (let i = 0; i < 5; i++) {
    change();
    await clock.advance(1000);
  }
  reader.take();
  reader.drain();
  const statuses = reader.sent.filter((text) => text.startsWith('event: status'));
  expect(statuses).toHaveLength(1);
  expect(statuses[0]).toContain(`"uptimeMs":${made()}`);
  reader.isFull = true;
  log.add(line('taken too'));
  reader.take();
  for (let i = 0; i < 150; i++) log.add(line('big', 'info', `,"data":"${'x'.repeat(7000)}"`));
  reader.drain();
  expect(reader.sent.reduce((sum, text) => sum + text.length, 0)).toBeLessThan(270_000);
});

test('one that takes nothing for a minute is let go; when the last goes nothing is made any more', async () => {
  const { clock, open, log, change, listeners, made } = rig();
  const stuck = open();
  stuck.isFull = true;
  log.add(line('taken'));
  await clock.advance(60_000);
  expect(stuck.isGone).toBe(false);
  await clock.advance(15_000);
  expect(stuck.isGone).toBe(true);
  const before = made();
  expect(listeners.size).toBe(0);
  change();
  await clock.advance(5000);
  expect([made(), clock.pending]).toEqual([before, 0]);
});
