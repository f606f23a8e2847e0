// The clouds, and what waits for each of them.
import { duration } from '../../durations.js';
import type { StatusSnapshot } from '../../snapshot.js';
import type { CloudView, OutboxView } from '../../views-clouds.js';
import { type Child, type Element, h } from '../tree.js';
import { counted, inWords, sentence, serviceName } from '../words.js';
import { empty, lines } from './text.js';

function outboxLine(outbox: OutboxView): string {
  const oldest = outbox.oldestAgeMs === undefined ? '' : `, the oldest ${duration(outbox.oldestAgeMs)} old`;
  const said = [
    outbox.records === 0
      ? 'Nothing waits'
      : `${counted(outbox.records, 'record')} ${outbox.isReplaying ? 'being sent' : 'kept'}${oldest}`,
    outbox.confirmed > 0 && `${outbox.confirmed} confirmed`,
    outbox.confirmed === 0 && outbox.accepted > 0 && `${outbox.accepted} accepted`,
    outbox.rejected > 0 && `${outbox.rejected} refused`,
    outbox.dropped > 0 && `${outbox.dropped} had to go`,
    outbox.quarantined > 0 && `${outbox.quarantined} put aside`,
    outbox.corrupt > 0 && `${outbox.corrupt} unreadable`,
    outbox.state !== 'ok' && `the disk takes nothing (${outbox.reason ?? outbox.state}): in memory only`,
  ].filter((text) => text !== false);
  return said.join(' · ');
}

function troubleOf(cloud: CloudView, elapsedMs: number): Child[] {
  if (!cloud.isTroubled) return [];
  const { waitsFor, reason, message, hint, next, nextInMs } = cloud;
  return [
    waitsFor !== undefined && h('p', {}, `Waits for ${waitsFor}.`),
    waitsFor === undefined && reason !== undefined && h('p', {}, h('code', {}, reason)),
    message !== undefined && !cloud.sentence.includes(message) && h('p', {}, sentence(message)),
    hint !== undefined && h('div', { class: 'hint' }, h('strong', {}, 'What to do'), lines(hint)),
    next !== undefined &&
      h('p', {}, `${sentence(next)}${nextInMs === undefined ? '' : ` ${inWords(Math.max(0, nextInMs - elapsedMs))}`}.`),
  ];
}

type Tone = 'lit' | 'waiting' | 'dark';

/** Not in trouble is not yet at work: its part of the agent says which. */
function toneOf({ name, isTroubled }: CloudView, parts: Readonly<Record<string, { state: string } | undefined>>): Tone {
  if (isTroubled) return 'dark';
  return parts[name]?.state === 'ok' ? 'lit' : 'waiting';
}

export function cloudsView({ clouds = [], commands, parts }: StatusSnapshot, elapsedMs = 0): Element {
  if (clouds.length === 0) return empty('No clouds are configured.');
  return h(
    'ul',
    { class: 'rows' },
    clouds.map((cloud) =>
      h(
        'li',
        {},
        h(
          'div',
          { class: 'row' },
          h('span', { class: `dot ${toneOf(cloud, parts)}`, 'aria-hidden': 'true' }),
          h('strong', { class: 'name' }, serviceName(cloud.name)),
          h('span', { class: `tag ${toneOf(cloud, parts)}` }, cloud.state),
        ),
        h(
          'div',
          { class: 'more' },
          h('p', {}, cloud.sentence),
          troubleOf(cloud, elapsedMs),
          cloud.outbox && h('p', { class: 'outbox' }, outboxLine(cloud.outbox)),
        ),
      ),
    ),
    commands?.last && h('li', {}, h('div', { class: 'more' }, h('p', {}, `Last command: ${commands.last.message}`))),
  );
}
