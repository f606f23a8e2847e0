// The sentence of state, and the chain of lamps: the first that is not lit carries why, the cure and what happens next.

import { saidOf } from '../../describe.js';
import { firstTroubled } from '../../first-troubled.js';
import type { LampView, StatusSnapshot } from '../../snapshot.js';
import { type Element, h } from '../tree.js';
import { forHowLong, inWords, LAMP_WORDS, nowOf, STATE_WORDS, sentence } from '../words.js';
import { lines } from './text.js';

/** How the whole is, for the colour beside the sentence and the word that says the same. */
type Mood = 'good' | 'waiting' | 'look' | 'trouble';

const MOODS = {
  good: { words: 'All well', tone: 'lit' },
  waiting: { words: 'Under way', tone: 'waiting' },
  // Served, and yet a person has to do something: a cloud, the month's data, a mistake in the configuration.
  look: { words: 'Needs a look', tone: 'waiting' },
  trouble: { words: 'Needs a look', tone: 'dark' },
} as const satisfies Readonly<Record<Mood, { words: string; tone: LampView['state'] }>>;

export function moodOf({ overall, state, lamps, config }: StatusSnapshot): Mood {
  if (overall === 'failed' || state === 'misconfigured' || lamps.some((lamp) => lamp.state === 'dark'))
    return 'trouble';
  if (state !== 'serving') return 'waiting';
  return overall === 'ok' && config?.state !== 'refused' ? 'good' : 'look';
}

/** A shape for each state, so that no lamp is told by its colour alone. */
function lampShape(state: LampView['state']): Element {
  const shape = {
    lit: [
      h('circle', { cx: 12, cy: 12, r: 10, class: 'fill' }),
      h('path', { d: 'M7.5 12.3l3.1 3.1 6-6.6', class: 'sign' }),
    ],
    waiting: [
      h('circle', { cx: 12, cy: 12, r: 9, class: 'ring' }),
      h('path', { d: 'M12 6.5V12l3.5 2', class: 'line' }),
    ],
    dark: [
      h('path', { d: 'M12 1.8 23 21.5H1z', class: 'fill' }),
      h('path', { d: 'M12 8.6v6M12 17.4v.9', class: 'sign' }),
    ],
    absent: [h('path', { d: 'M6 12h12', class: 'line' })],
  }[state];
  return h('svg', { class: 'shape', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' }, shape);
}

export function stateView(status: StatusSnapshot): Element {
  const mood = moodOf(status);
  const { words, tone } = MOODS[mood];
  // All lamps are lit then, and that is what `next` is about.
  const next = mood === 'look' ? 'what to do stands below' : status.next;
  return h(
    'div',
    { class: `state ${tone}` },
    h(
      'p',
      { class: 'mood' },
      lampShape(tone),
      words,
      h('span', { class: 'since' }, forHowLong(status.since, nowOf(status))),
    ),
    h(
      'h1',
      { id: 'sentence', 'aria-live': 'polite', 'aria-atomic': 'true' },
      `${sentence(status.why).replace(/\.$/, '')}.`,
    ),
    h('p', { class: 'next' }, `${sentence(next).replace(/\.$/, '')}.`),
  );
}

/** What a person beside the cabinet needs: why, what to do, what happens by itself. */
function cure(lamp: LampView, elapsedMs: number): Element {
  const inMs = lamp.nextInMs === undefined ? undefined : Math.max(0, lamp.nextInMs - elapsedMs);
  return h(
    'div',
    { class: 'cure' },
    lamp.reason !== undefined && h('p', { class: 'reason' }, h('code', {}, lamp.reason)),
    lamp.hint !== undefined && h('div', { class: 'hint' }, h('strong', {}, 'What to do'), lines(lamp.hint)),
    lamp.next !== undefined &&
      h(
        'p',
        { class: 'then' },
        h('strong', {}, 'What happens next'),
        ` ${sentence(lamp.next)}`,
        inMs !== undefined && h('span', { class: 'count' }, ` ${inWords(inMs)}`),
      ),
  );
}

export function chainView(status: StatusSnapshot, elapsedMs = 0): Element {
  const dark = firstTroubled(status.lamps);
  const nowMs = nowOf(status);
  return h(
    'ol',
    { class: 'chain' },
    status.lamps.map((lamp) =>
      h(
        'li',
        { class: `lamp ${lamp.state}${lamp === dark ? ' first' : ''}` },
        lampShape(lamp.state),
        h(
          'div',
          { class: 'said' },
          h(
            'div',
            { class: 'lamp-head' },
            // A heading is jumped to by its name: one that is another every second has none.
            h('h3', {}, LAMP_WORDS[lamp.name], ' ', h('span', { class: 'word' }, STATE_WORDS[lamp.state])),
            lamp.state !== 'absent' && h('span', { class: 'since' }, forHowLong(lamp.since, nowMs)),
          ),
          h('p', {}, sentence(saidOf(lamp))),
          lamp === dark && cure(lamp, elapsedMs),
        ),
      ),
    ),
  );
}
