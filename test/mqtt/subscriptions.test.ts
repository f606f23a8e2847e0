import { describe, expect, test } from 'vitest';
import { isTopicFilter, planSubscriptions } from '../../src/mqtt/index.js';

describe('wanted against granted', () => {
  const granted = new Set(['a', 'b']);

  test.each([
    ['what is missing is asked for', ['a', 'b', 'c'], {}, { subscribe: ['c'], unsubscribe: [], invalid: [] }],
    ['what is no longer wanted is given up', ['b'], {}, { subscribe: [], unsubscribe: ['a'], invalid: [] }],
    ['nothing changes when all is granted', ['b', 'a'], {}, { subscribe: [], unsubscribe: [], invalid: [] }],
    [
      'a topic named twice is asked for once',
      ['c', 'c', 'a', 'b'],
      {},
      { subscribe: ['c'], unsubscribe: [], invalid: [] },
    ],
    ['again asks for all', ['a', 'c'], { again: true }, { subscribe: ['a', 'c'], unsubscribe: ['b'], invalid: [] }],
  ])('%s', (_rule, wanted, options, plan) => {
    expect(planSubscriptions(wanted, granted, options)).toEqual(plan);
  });

  test('a list joined by semicolons is never subscribed to', () => {
    const plan = planSubscriptions(['/pp/ip/eu/gad;/pp/ip/eu/hpac', '/pp/ip/eu'], new Set());
    expect(plan).toEqual({
      subscribe: ['/pp/ip/eu'],
      unsubscribe: [],
      invalid: ['/pp/ip/eu/gad;/pp/ip/eu/hpac'],
    });
  });
});

test('only well-formed filters are sent', () => {
  for (const good of ['a', '/pp/ip/eu', 'pp/+/eu', 'pp/#', '#', '+', 'ä/b']) expect(isTopicFilter(good)).toBe(true);
  for (const bad of ['', 'a b', 'a\u0000', 'a;b', 'a/#/b', 'a#', 'a+', '+a/b', 'x'.repeat(513)])
    expect(isTopicFilter(bad)).toBe(false);
});
