// The page's script: keeps up what the gateway wrote, by the same views, and adds what needs a script.
import type { StatusSnapshot } from '../../snapshot.js';
import { SECTIONS, type SectionName } from '../sections.js';
import { harmless } from '../tree.js';
import { sentence } from '../words.js';
import { nameTokenFile, refreshActions, startActions } from './actions.js';
import { get, takeTokenFromAddress } from './api.js';
import { followEvents, type LiveState } from './live.js';
import { addLogLine, refreshLog, startLog } from './log.js';
import { keepPast } from './past.js';
import { patchChildren, place } from './patch.js';
import { startPlots } from './plots.js';
import { every, mono } from './time.js';

takeTokenFromAddress();

let status: StatusSnapshot | undefined;
let arrivedAt = mono();
let drawnAt = 0;

const plots = startPlots();
const keeper = keepPast(() => plots.set(keeper.past));

function draw(): void {
  if (!status) return;
  drawnAt = mono();
  const beside = { elapsedMs: drawnAt - arrivedAt, history: keeper.past };
  for (const name of Object.keys(SECTIONS) as SectionName[])
    patchChildren(place(name), [SECTIONS[name](status, beside)]);
  document.title = `${harmless(sentence(status.why))} · Waymark`;
}

function take(snapshot: unknown): void {
  const given = snapshot as Partial<StatusSnapshot> | undefined;
  if (!Array.isArray(given?.lamps)) return;
  status = given as StatusSnapshot;
  arrivedAt = mono();
  nameTokenFile(status.page?.tokenFile);
  draw();
}

function showLive({ isLive, words, again }: LiveState): void {
  const live = place('live');
  live.hidden = false;
  live.className = `live ${isLive ? 'lit' : 'dark'}`;
  // What is read out by itself is that it stopped or goes on, never the countdown.
  patchChildren(place('live-said'), [words]);
  patchChildren(place('live-again'), [again === '' ? '' : `, ${again}`]);
  document.body.classList.toggle('stale', !isLive);
}

startLog();
startActions();

followEvents(
  {
    onEvent(name, data) {
      if (name === 'status') take(data);
      else if (name === 'history') keeper.add(data);
      else if (name === 'log') addLogLine(data);
      else void refreshLog();
    },
    onUp() {
      void get('/api/v1/status').then(take);
      void keeper.refresh();
      void refreshLog();
      void refreshActions();
    },
  },
  showLive,
);

place('ranges').addEventListener('change', (event) => {
  void keeper.choose(Number((event.target as HTMLInputElement).value));
});

// Countdowns go on between two snapshots, and while none come.
every(1000, () => {
  if (mono() - drawnAt > 900) draw();
});
