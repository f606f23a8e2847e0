import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import { nextProvision, type ProvisionEvent, type ProvisionState } from '../../src/ztp/index.js';

const error = new WaymarkError('net.dns', 'x');
const at = (is: Exclude<ProvisionState['is'], 'have'>, tries = 0): ProvisionState => ({ is, tries });
const have: ProvisionState = { is: 'have' };

/** One row an arrow of the drawing: from, event, to, effects. */
const ARROWS: [ProvisionState, ProvisionEvent, ProvisionState, string[]][] = [
  [have, { is: 'begin', hasStaged: false }, at('need'), ['wait allowed']],
  [have, { is: 'begin', hasStaged: true }, at('prove'), ['prove']],
  [at('need'), { is: 'cached' }, have, []],
  [at('need', 2), { is: 'due' }, at('ask', 2), ['ask']],
  [at('need', 2), { is: 'changed' }, at('need'), ['wait allowed']],
  [at('ask', 1), { is: 'answered' }, at('stage'), ['stage']],
  [at('ask', 1), { is: 'setback', kind: 'refused', error }, at('need', 2), ['wait refused']],
  [at('ask', 1), { is: 'setback', kind: 'incomplete', error }, at('need', 2), ['wait incomplete']],
  [at('ask', 1), { is: 'setback', kind: 'weather', error }, at('need', 2), ['wait weather']],
  [at('stage'), { is: 'staged' }, at('prove'), ['prove']],
  [at('stage', 3), { is: 'failed', error }, at('stage', 4), ['wait weather']],
  [at('stage', 3), { is: 'due' }, at('stage', 3), ['stage']],
  [at('stage', 3), { is: 'changed' }, at('need'), ['discard', 'wait allowed']],
  [at('prove'), { is: 'proved' }, at('promote'), ['promote']],
  [at('prove', 1), { is: 'failed', error }, at('prove', 2), ['wait weather']],
  [at('prove', 1), { is: 'due' }, at('prove', 1), ['prove']],
  [at('prove', 1), { is: 'refused', error }, at('need'), ['discard', 'wait refused']],
  [at('prove', 1), { is: 'changed' }, at('need'), ['discard', 'wait allowed']],
  [at('promote'), { is: 'promoted' }, have, []],
  [at('promote', 1), { is: 'failed', error }, at('promote', 2), ['wait weather']],
  [at('promote', 1), { is: 'due' }, at('promote', 1), ['promote']],
  [at('promote', 1), { is: 'changed' }, at('promote', 1), ['promote']],
];

const EVENTS: ProvisionEvent[] = [
  { is: 'cached' },
  { is: 'due' },
  { is: 'answered' },
  { is: 'setback', kind: 'weather', error },
  { is: 'staged' },
  { is: 'proved' },
  { is: 'promoted' },
  { is: 'failed', error },
  { is: 'refused', error },
  { is: 'changed' },
];
const STATES = ['need', 'ask', 'stage', 'prove', 'promote'] as const;

describe('the provisioning machine', () => {
  test.each(ARROWS)('$is', (from, event, to, effects) => {
    const step = nextProvision(from, event);
    expect(step.state).toEqual(to);
    expect((step.effects ?? []).map((e) => (e.do === 'wait' ? `wait ${e.why}` : e.do))).toEqual(effects);
  });

  test('an event with no arrow changes nothing', () => {
    const drawn = new Set(ARROWS.map(([from, event]) => `${from.is} ${event.is}`));
    for (const state of [...STATES.map((is) => at(is, 7)), have])
      for (const event of EVENTS)
        if (!drawn.has(`${state.is} ${event.is}`)) expect(nextProvision(state, event)).toEqual({ state });
  });

  test('only a proved identity is ever promoted', () => {
    for (const state of [...STATES.map((is) => at(is)), have])
      for (const event of [...EVENTS, { is: 'begin' as const, hasStaged: true }]) {
        const promotes = nextProvision(state, event).effects?.some((e) => e.do === 'promote') ?? false;
        if (promotes) expect(['prove proved', 'promote due', 'promote changed']).toContain(`${state.is} ${event.is}`);
      }
  });
});
