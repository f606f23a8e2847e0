import { expect, test } from 'vitest';
import { createPersonActions, type PersonActionDeps } from '../../src/agent/person-actions.js';
import { silentLogger, WaymarkError } from '../../src/core/index.js';
import { PERSON_ACTIONS, type PersonActionName } from '../../src/status/index.js';

const never = new AbortController().signal;
const NAMES = Object.keys(PERSON_ACTIONS) as PersonActionName[];

function setUp(more: Partial<PersonActionDeps> = {}) {
  const done: string[] = [];
  const note = (what: string): void => void done.push(what);
  const run = createPersonActions({
    log: silentLogger,
    life: never,
    session: { resubscribe: () => (note('resubscribe'), true), renew: () => (note('renew'), true) },
    wakeSession: () => note('wake'),
    requestRenewal: (reason) => note(reason),
    ladder: { ask: async (rung) => note(rung), probe: () => Promise.resolve('works') },
    reloadConfig: () => Promise.resolve({ message: 'read' }),
    ...more,
  });
  return { run, done };
}

test('each asks the part that does it, and says so in a sentence', async () => {
  const { run, done } = setUp();
  for (const name of NAMES) expect((await run(name, never)).message).not.toBe('');
  expect(done).toEqual(['resubscribe', 'renew', 'a person asked at the gateway', 'bearer', 'module-reset']);
});

test.each(NAMES)('%s: a gateway without the part says so', async (name) => {
  const { run, done } = setUp({
    session: undefined,
    requestRenewal: undefined,
    ladder: undefined,
    reloadConfig: undefined,
  });
  await expect(run(name, never)).rejects.toMatchObject({ code: 'command.not-available' });
  expect(done).toEqual([]);
});

test('who closes the page is let go; what was begun goes on with the agent’s own life', async () => {
  const page = new AbortController();
  let isBrokenOff: boolean | undefined;
  const { run } = setUp({
    ladder: {
      ask: (_rung, signal) => {
        isBrokenOff = signal === page.signal;
        return new Promise<void>(() => undefined);
      },
      probe: () => Promise.resolve('works'),
    },
  });
  const asked = run('reset-modem', page.signal);
  page.abort(new WaymarkError('core.cancelled', 'closed'));
  await expect(asked).rejects.toMatchObject({ code: 'core.cancelled' });
  expect(isBrokenOff).toBe(false);
});
