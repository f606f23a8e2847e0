import { expect, test } from 'vitest';
import { RecentMap, RecentSet } from '../../src/core/index.js';

test('of a set the oldest are forgotten when there are many', () => {
  const few = new RecentSet<number>(2);
  expect([few.add(1), few.add(1), few.add(2), few.add(3), few.add(1)]).toEqual([true, false, true, true, true]);
  expect([...few.items]).toEqual([3, 1]);
  few.delete(3);
  expect([few.has(3), few.has(1)]).toEqual([false, true]);
});

test('of a map what was set longest ago is forgotten, and what is set again is new', () => {
  const few = new RecentMap<string, number>(2);
  few.set('a', 1);
  few.set('b', 2);
  few.set('a', 3);
  few.set('c', 4);
  expect([few.get('a'), few.get('b'), few.get('c')]).toEqual([3, undefined, 4]);
  few.delete('a');
  expect(few.get('a')).toBeUndefined();
});
