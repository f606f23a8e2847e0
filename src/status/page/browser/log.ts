// The log's tail: newest first, by level, held still when somebody reads.
import type { LogEntry } from '../../log-shape.js';
import { h, type Element as Wanted } from '../tree.js';
import { get } from './api.js';
import { create, place } from './patch.js';
import { clockTime } from './time.js';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const SHOWN = ['debug', 'info', 'warn', 'error'] as const;
const LEVEL_WORDS: Readonly<Record<string, string>> = {
  debug: 'Everything',
  info: 'Info and above',
  warn: 'Warnings and errors',
  error: 'Errors only',
};
const MOST_LINES = 300;

let level: string = 'info';
let isPaused = false;
let lastId = -1;
let missed = 0;

const rank = (name: string): number => LEVELS.indexOf(name as (typeof LEVELS)[number]);

function fieldWords(fields: LogEntry['fields']): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function line(entry: LogEntry): Wanted {
  return h(
    'li',
    { class: entry.level },
    h('time', { datetime: new Date(entry.atMs).toISOString() }, clockTime(entry.atMs)),
    h('span', { class: 'level' }, entry.level),
    h(
      'span',
      { class: 'text' },
      h('strong', {}, entry.event),
      entry.message !== undefined && ` ${entry.message}`,
      h('span', { class: 'fields' }, ` ${[entry.component, fieldWords(entry.fields)].filter(Boolean).join(' ')}`),
    ),
  );
}

const list = (): HTMLElement => place('log-lines');

function tellCount(): void {
  place('log-pause').textContent = isPaused ? `Go on${missed > 0 ? ` (${missed} new)` : ''}` : 'Hold';
  place('log-empty').hidden = list().childElementCount > 0;
}

export function addLogLine(data: unknown): void {
  const entry = data as LogEntry;
  if (entry.id <= lastId || rank(entry.level) < rank(level)) return;
  if (isPaused) {
    missed += 1;
    tellCount();
    return;
  }
  lastId = entry.id;
  list().prepend(create(line(entry)));
  while (list().childElementCount > MOST_LINES) list().lastElementChild?.remove();
  tellCount();
}

/** What there is, anew: at the start, after a gap, with another level. */
export async function refreshLog(): Promise<void> {
  if (isPaused) return;
  const answer = (await get(`/api/v1/log?level=${level}&limit=200`)) as { entries?: LogEntry[] } | undefined;
  const entries = answer?.entries;
  if (!Array.isArray(entries)) return;
  lastId = Math.max(-1, ...entries.map(({ id }) => id));
  list().replaceChildren(...entries.map((entry) => create(line(entry))).reverse());
  tellCount();
}

export function startLog(): void {
  const tools = h(
    'div',
    { class: 'log-tools' },
    h(
      'label',
      {},
      h('span', {}, 'Show'),
      h(
        'select',
        { id: 'log-level' },
        SHOWN.map((name) => h('option', { value: name, selected: name === level }, LEVEL_WORDS[name])),
      ),
    ),
    h('button', { type: 'button', class: 'quiet', id: 'log-pause' }, 'Hold'),
  );
  // A log is not read out by itself: one sentence of state is.
  const lines = h('ol', { id: 'log-lines', tabindex: '0', 'aria-label': 'Log, the newest first' });
  const nothing = h('p', { id: 'log-empty', class: 'empty' }, 'No lines of this level yet.');
  place('log').replaceChildren(create(tools), create(nothing), create(lines));
  place('log-level').addEventListener('change', (event) => {
    level = (event.target as HTMLSelectElement).value;
    isPaused = false;
    missed = 0;
    void refreshLog();
  });
  place('log-pause').addEventListener('click', () => {
    isPaused = !isPaused;
    missed = 0;
    tellCount();
    void refreshLog();
  });
}
