// What a person should know beside the chain: a configuration that was refused, a month's data that runs out.
import { problemLines, RELOAD } from '../../describe-life.js';
import type { StatusSnapshot } from '../../snapshot.js';
import { type Child, type Element, h } from '../tree.js';
import { forHowLong, nowOf } from '../words.js';
import { lines } from './text.js';

const notice = (id: string, tone: 'waiting' | 'dark', title: string, since: string, ...inside: Child[]): Element =>
  h(
    'section',
    { class: `notice ${tone}`, 'aria-labelledby': id },
    h('div', { class: 'notice-head' }, h('h2', { id }, title), since !== '' && h('span', { class: 'since' }, since)),
    inside,
  );

function configNotice(status: StatusSnapshot): Element | undefined {
  const { config } = status;
  if (config?.state !== 'refused') return undefined;
  return notice(
    'notice-config',
    'waiting',
    'The configuration file was refused',
    forHowLong(config.since, nowOf(status)),
    h('p', {}, 'The configuration before stays in force. In ', h('code', {}, config.file), ':'),
    h(
      'ul',
      { class: 'problems' },
      problemLines(config.problems).map((line) => h('li', {}, line)),
    ),
    h(
      'div',
      { class: 'hint' },
      h('strong', {}, 'What to do'),
      h('p', {}, 'Put it right, then: ', h('code', {}, RELOAD)),
    ),
  );
}

function dataNotice({ data }: StatusSnapshot): Element | undefined {
  if (data?.reason === undefined) return undefined;
  const isOver = data.reason === 'data.over-budget';
  return notice(
    'notice-data',
    isOver ? 'dark' : 'waiting',
    isOver ? 'The month’s data is used up' : 'The month’s data runs out',
    '',
    h('p', {}, data.sentence, '.'),
    data.hint !== undefined && h('div', { class: 'hint' }, h('strong', {}, 'What to do'), lines(data.hint)),
  );
}

export const noticesView = (status: StatusSnapshot): Element =>
  h('div', { class: 'notices' }, configNotice(status), dataNotice(status));
