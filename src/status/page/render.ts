// The page as served: the whole state in plain HTML, so that it can be read before, or without, any script. No script
// and no style stands in the text itself; the page's rules (CSP) allow neither.
import type { StatusSnapshot } from '../snapshot.js';
import { toHtml } from './html.js';
import { SECTIONS, type SectionName } from './sections.js';
import { type Child, type Element, h } from './tree.js';
import { sentence } from './words.js';

function head(status: StatusSnapshot): Element {
  return h(
    'head',
    {},
    h('meta', { charset: 'utf-8' }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('title', {}, `${sentence(status.why)} · Waymark`),
    h('link', { rel: 'icon', href: '/assets/icon.svg', type: 'image/svg+xml' }),
    h('link', { rel: 'stylesheet', href: '/assets/uPlot.css' }),
    h('link', { rel: 'stylesheet', href: '/assets/page.css' }),
    h('script', { src: '/assets/uPlot.js', defer: true }),
    h('script', { src: '/assets/page.js', defer: true }),
    // Without script nothing renews the page, so it renews itself.
    h('noscript', {}, h('meta', { 'http-equiv': 'refresh', content: '10' })),
  );
}

function banner(): Element {
  return h(
    'header',
    { class: 'top' },
    h('a', { class: 'skip', href: '#main' }, 'Skip to the state'),
    h('p', { class: 'brand' }, h('img', { src: '/assets/icon.svg', alt: '', width: 28, height: 28 }), 'Waymark'),
    h(
      'p',
      { id: 'live', class: 'live', hidden: true },
      h('span', { id: 'live-said', role: 'status', 'aria-live': 'polite' }),
      h('span', { id: 'live-again' }),
    ),
  );
}

function plotCard(name: string, title: string, body: Element): Element {
  return h(
    'section',
    { class: 'card plot-card', 'aria-labelledby': `title-${name}` },
    h('div', { class: 'card-head' }, h('h3', { id: `title-${name}` }, title), h('div', { id: `figure-${name}` }, body)),
    h('div', { id: `plot-${name}`, class: 'plot-box', role: 'img', 'aria-label': `${title} over time` }),
  );
}

function card(id: string, title: string, ...inside: Child[]): Element {
  return h(
    'section',
    { class: `card card-${id}`, 'aria-labelledby': `title-${id}` },
    h('h2', { id: `title-${id}` }, title),
    inside,
  );
}

const ranges = (): Element =>
  h(
    'fieldset',
    { class: 'choice', id: 'ranges' },
    h('legend', { class: 'unseen' }, 'How far back the plots go'),
    [
      ['600', '10 min'],
      ['21600', '6 h'],
      ['604800', '7 days'],
    ].map(([seconds, label]) =>
      h(
        'label',
        {},
        h('input', { type: 'radio', name: 'range', value: seconds, checked: seconds === '600' }),
        h('span', {}, label),
      ),
    ),
  );

/** Filled in by the script; without one it would only be a promise. */
function actions(): Element {
  return card(
    'actions',
    'Actions',
    h(
      'noscript',
      {},
      h('p', { class: 'empty' }, 'Actions need the page’s script; `waymark` on the command line does the same.'),
    ),
    h('div', { id: 'actions' }),
    h('p', { id: 'outcome', class: 'outcome', role: 'status', 'aria-live': 'polite' }),
  );
}

function log(): Element {
  return card(
    'log',
    'Log',
    h('noscript', {}, h('p', { class: 'empty' }, 'The log needs the page’s script.')),
    h('div', { id: 'log' }),
  );
}

/** `<!doctype html>` and all that follows. */
export function renderPage(status: StatusSnapshot): string {
  const section = (name: SectionName): Element => SECTIONS[name](status, { elapsedMs: 0 });
  const place = (name: SectionName): Element => h('div', { id: name }, section(name));
  const main = h(
    'main',
    { id: 'main', tabindex: '-1' },
    place('state'),
    place('notices'),
    h(
      'div',
      { class: 'columns' },
      card('chain', 'From the module to the position', place('chain')),
      h(
        'section',
        { class: 'plots', 'aria-labelledby': 'title-plots' },
        h('div', { class: 'plots-head' }, h('h2', { id: 'title-plots' }, 'Over time'), ranges()),
        h(
          'div',
          { class: 'plot-grid' },
          plotCard('signal', 'Signal', section('figure-signal')),
          plotCard('age', 'Correction age', section('figure-age')),
          plotCard('latency', 'Latency', section('figure-latency')),
          plotCard('data', 'Data use', section('figure-data')),
        ),
      ),
    ),
    h('div', { class: 'pair' }, card('position', 'Position', place('position')), card('sky', 'Sky', place('sky'))),
    h(
      'div',
      { class: 'pair' },
      card('credentials', 'Credentials', place('credentials')),
      card('clouds', 'Clouds', place('clouds')),
    ),
    actions(),
    log(),
    card('about', 'Details', place('about')),
  );
  const footer = h(
    'footer',
    {},
    h(
      'p',
      {},
      'For programs: ',
      ['/api/v1/status', '/api/v1/openapi.json', '/metrics'].map((path) => [h('a', { href: path }, path), ' ']),
    ),
  );
  const document = h(
    'html',
    { lang: 'en' },
    head(status),
    h('body', {}, banner(), main, footer, h('div', { id: 'ask' })),
  );
  return `<!doctype html>${toHtml(document)}`;
}
