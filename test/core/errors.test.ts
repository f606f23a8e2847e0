import { describe, expect, test } from 'vitest';
import {
  ERRORS,
  type ErrorCode,
  EXIT,
  exitCodeOf,
  isWaymarkError,
  toWaymarkError,
  WaymarkError,
} from '../../src/core/index.js';

const CODES = Object.keys(ERRORS) as ErrorCode[];
const RETRIES = ['now', 'backoff', 'after', 'never', 'operator'];
const EXITS: readonly number[] = Object.values(EXIT);

describe('table of errors', () => {
  test.each(CODES)(
    '%s has a name of two parts, a sentence for a person, a retry class and a known exit code',
    (code) => {
      expect(code).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
      const error = new WaymarkError(code, 'x');
      expect(error.hint).toMatch(/^\p{Lu}.{8,}\.$/u);
      expect(error.hint).not.toMatch(/\s{2,}|\n/);
      expect(RETRIES).toContain(error.retry);
      expect(EXITS).toContain(exitCodeOf(error));
    },
  );

  test('a refusal never climbs a recovery ladder', () => {
    for (const code of CODES) {
      const error = new WaymarkError(code, 'x');
      if (error.retry === 'operator' || error.retry === 'never') expect(error.rung, code).toBeUndefined();
    }
  });
});

describe('errors', () => {
  test('what the far side asked for, a better hint and evidence travel on the error', () => {
    const cause = new Error('cause');
    const error = new WaymarkError('http.status', '503', {
      cause,
      retryAfterMs: 5,
      hint: 'Wait.',
      evidence: { status: 503 },
    });
    expect(error).toMatchObject({ cause, retryAfterMs: 5, hint: 'Wait.', evidence: { status: 503 }, retry: 'backoff' });
    expect('cause' in new WaymarkError('http.status', 'x')).toBe(false);
  });

  test('the guard tells codes apart', () => {
    const error = new WaymarkError('net.dns', 'x');
    expect(isWaymarkError(error)).toBe(true);
    expect(isWaymarkError(error, 'net.refused', 'net.dns')).toBe(true);
    expect(isWaymarkError(error, 'net.refused')).toBe(false);
    expect(isWaymarkError(new Error('x'))).toBe(false);
  });

  test.each([new TypeError('x is not a function'), 'text', undefined, null, 7, { odd: true }])(
    'anything else thrown (%s) is a defect with its cause kept',
    (thrown) => {
      const error = toWaymarkError(thrown);
      expect(error.code).toBe('core.internal');
      expect(error.cause).toBe(thrown);
      expect(exitCodeOf(thrown)).toBe(EXIT.internal);
    },
  );

  test('our own errors pass unchanged', () => {
    const error = new WaymarkError('sim.pin', 'x');
    expect(toWaymarkError(error)).toBe(error);
    expect(exitCodeOf(error)).toBe(EXIT.permission);
  });
});
