// Texts with lines of their own, facts with their names.
import { type Child, type Element, h } from '../tree.js';

/** Each line a paragraph: cures hold commands to paste, one a line. */
export const lines = (text: string): Element[] =>
  text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .map((line) => h('p', {}, line));

/** A list of names and what is so; what is not known is left out. */
export function facts(entries: readonly (readonly [name: string, value: Child])[]): Element {
  const known = entries.filter(([, value]) => value !== undefined && value !== false && value !== '');
  return h(
    'dl',
    { class: 'facts' },
    known.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}

export const empty = (text: string): Element => h('p', { class: 'empty' }, text);
