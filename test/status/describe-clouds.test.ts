import { describe, expect, test } from 'vitest';
import { type CloudView, describeStatus, type OutboxView } from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';

const OUTBOX: OutboxView = {
  ...{ state: 'ok', records: 0, bytes: 0, inFlight: 0, accepted: 10, confirmed: 0, rejected: 0, dropped: 0 },
  ...{ quarantined: 0, corrupt: 0, gaps: 0, isReplaying: false },
};
const LOSANT: CloudView = { name: 'losant', state: 'connected', sentence: 'connected', isTroubled: false, facts: {} };

const said = (...clouds: CloudView[]): string => describeStatus(statusWith({ clouds }), { colour: false });

describe('clouds in words', () => {
  test('one that works takes one line', () => {
    const text = said({ ...LOSANT, outbox: OUTBOX });
    expect(text).toContain('\n  losant      connected\n');
    expect(text).not.toContain('because');
  });

  test('one in trouble says its one cause, the evidence, the cure and what comes next', () => {
    const text = said({
      ...LOSANT,
      ...{ state: 'banned', sentence: 'the broker refuses this device for now', isTroubled: true },
      ...{ reason: 'losant.banned', evidence: { connack: 5 }, hint: 'wait', next: 'connects again', nextInMs: 30_000 },
      outbox: { ...OUTBOX, records: 12, oldestAgeMs: 180_000 },
    });
    expect(text).toContain('because losant.banned');
    expect(text).toContain('evidence: connack 5');
    expect(text).toContain('→ wait');
    expect(text).toContain('next: connects again in 30 s');
    expect(text).toContain('12 records kept (oldest 3 min)');
  });

  test('a message that is part of the sentence is not said again', () => {
    const cloud = { ...LOSANT, isTroubled: true, reason: 'tls.failed', message: 'no answer' };
    expect(said({ ...cloud, sentence: 'Not connected: no answer.' })).toContain('\n              because tls.failed\n');
    expect(said({ ...cloud, sentence: 'Not connected.' })).toContain('because tls.failed: no answer\n');
  });

  test('what waits for another credential names that one', () => {
    const text = said({ ...LOSANT, name: 'thingspace', isTroubled: true, reason: 'x', waitsFor: 'thingspace-secret' });
    expect(text).toContain('because waits for thingspace-secret');
  });

  test('a disk that takes nothing, and what had to go, is said', () => {
    const outbox = { ...OUTBOX, state: 'memory', reason: 'outbox.disk', records: 1, dropped: 3, quarantined: 2 };
    expect(said({ ...LOSANT, outbox })).toContain(
      '1 record kept, the disk takes nothing [outbox.disk]: in memory only, 3 had to go, 2 put aside',
    );
  });

  test('a cloud that takes nothing of what waits is said', () => {
    const outbox = { ...OUTBOX, reason: 'outbox.stalled', records: 2 };
    expect(said({ ...LOSANT, outbox })).toContain('2 records kept, the cloud takes nothing [outbox.stalled]');
  });

  test('a text from outside stays on its line', () => {
    const text = said({ ...LOSANT, isTroubled: true, reason: 'losant.refused', message: 'a\n  ● modem  fine' });
    expect(text).not.toMatch(/^ {2}● modem {2}fine/m);
  });
});

test('programs that follow the position, and the last command', () => {
  const text = describeStatus(
    statusWith({
      outputs: [
        { name: 'raw', state: 'open', port: 5000, clients: 1 },
        { name: 'json lines', state: 'waiting', clients: 0, reason: 'link.busy', hint: 'choose another port' },
      ],
      commands: {
        ...{ done: 1, refused: 0, failed: 0 },
        last: {
          from: 'losant',
          name: 'resubscribe',
          end: 'done',
          at: '2026-01-01T00:00:00.000Z',
          message: 'asked again',
        },
      },
    }),
    { colour: false },
  );
  expect(text).toContain('raw         1 program on port 5000');
  expect(text).toContain('cannot be opened [link.busy]: choose another port');
  expect(text).toContain('command     resubscribe from losant: done, asked again');
});

test('a command with nothing to add is not named twice', () => {
  const last = { from: 'devicewise', name: 'set-report-interval', end: 'done', at: '2026-01-01T00:00:00.000Z' };
  const text = describeStatus(
    statusWith({
      commands: { done: 1, refused: 0, failed: 0, last: { ...last, message: 'set-report-interval: done' } },
    }),
    { colour: false },
  );
  expect(text).toContain('command     set-report-interval from devicewise: done\n');
});
