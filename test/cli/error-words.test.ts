// Every error code says where a person meets it.
import { expect, test } from 'vitest';
import { CODES, errorEntry, shownByRoom } from '../../src/cli/error-words.js';

test('every first word of a code has a place where it is shown', () => {
  expect(CODES.filter((code) => shownByRoom(code) === undefined)).toEqual([]);
});

test('a code that shows elsewhere than its room says so', () => {
  expect(errorEntry('config.invalid').shown).toContain('at start');
  expect(errorEntry('config.not-started').shown).toContain('waymark do reload-config');
  expect(errorEntry('status.unavailable').shown).toBe('the verb that asks a running agent');
});
