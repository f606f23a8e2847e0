import { expect, test } from 'vitest';
import { crossCheckFleet } from '../../src/config/cross-check-fleet.js';

const found = (fleet: Record<string, unknown>): string[] =>
  crossCheckFleet({ fleet: { broker: 'broker.test:8883', ...fleet } }).map(
    ({ path, message, isWarning }) => `${isWarning === true ? 'warning ' : ''}${path.join('.')} ${message}`,
  );

test('a complete section has nothing to be said about', () => {
  expect(found({ user: 'u', password: 'file:p', certFile: 'c', keyFile: 'k' })).toEqual([]);
  expect(crossCheckFleet({})).toEqual([]);
});

test.each([
  [{ broker: 'broker.test:99999' }, 'fleet.broker the port must be'],
  [{ password: 'file:p' }, 'fleet.password needs user'],
  [{ certFile: 'c' }, 'fleet.certFile certFile and keyFile belong together'],
  [{ security: 'none', caFile: 'c' }, 'fleet.caFile has no place'],
  [{ security: 'none', user: 'u', password: 'file:p' }, 'warning fleet.security is none'],
])('%o is named', (fleet, said) => {
  expect(found(fleet).join('\n')).toContain(said);
});
