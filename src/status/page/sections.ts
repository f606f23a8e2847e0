// The living parts of the page by the id of their place: written by the gateway once, kept up by the browser.
import type { History } from '../history-shape.js';
import type { StatusSnapshot } from '../snapshot.js';
import type { Element } from './tree.js';
import { aboutView } from './view/about.js';
import { cloudsView } from './view/clouds.js';
import { credentialsView } from './view/credentials.js';
import { figureView } from './view/figures.js';
import { noticesView } from './view/notices.js';
import { positionView } from './view/scatter.js';
import { skyView } from './view/sky.js';
import { chainView, stateView } from './view/state.js';

/** What the browser knows beyond the snapshot. */
export interface Beside {
  /** Since the snapshot was made: countdowns go on while nothing comes. */
  elapsedMs: number;
  history?: Pick<History, 'positions'>;
}

export const SECTIONS = {
  state: (status, _beside) => stateView(status),
  notices: (status, _beside) => noticesView(status),
  chain: (status, { elapsedMs }) => chainView(status, elapsedMs),
  'figure-signal': (status) => figureView(status, 'signal'),
  'figure-age': (status) => figureView(status, 'age'),
  'figure-latency': (status) => figureView(status, 'latency'),
  'figure-data': (status) => figureView(status, 'data'),
  position: (status, { history }) => positionView(status, history),
  sky: (status) => skyView(status),
  credentials: (status) => credentialsView(status),
  clouds: (status, { elapsedMs }) => cloudsView(status, elapsedMs),
  about: (status) => aboutView(status),
} as const satisfies Readonly<Record<string, (status: StatusSnapshot, beside: Beside) => Element>>;

export type SectionName = keyof typeof SECTIONS;
