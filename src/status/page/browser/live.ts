// The events of the gateway, with a way back of our own: what the page shows is either live, or says since when not.
import { after, clockTime, every, mono, wallNow } from './time.js';

export interface LiveHandlers {
  onEvent(name: 'status' | 'log' | 'history' | 'lost', data: unknown): void;
  /** Also after every time it was away: what was missed has to be fetched. */
  onUp(): void;
}

export interface LiveState {
  isLive: boolean;
  /** `Live`, or since when not. */
  words: string;
  /** When it is tried again; another one every second. */
  again: string;
}

const BACKOFF_MS = [1000, 2000, 4000, 8000, 15_000] as const;
/** A status comes every second, because it holds the time: silence is a dead connection that nobody has noticed. */
const SILENCE_MS = 12_000;

/** Follows the events for as long as the page is there; `onState` is told at least once a second while not live. */
export function followEvents(handlers: LiveHandlers, onState: (state: LiveState) => void): () => void {
  let source: EventSource | undefined;
  let isLive = false;
  let failures = 0;
  let lostAtMs = wallNow();
  let heardAt = mono();
  let retryAt = 0;
  let stopRetry = (): void => undefined;

  const tell = (): void => {
    const inS = Math.max(0, Math.ceil((retryAt - mono()) / 1000));
    const again = inS === 0 ? 'connecting …' : `trying again in ${inS} s`;
    onState(
      isLive ? { isLive, words: 'Live', again: '' } : { isLive, words: `Not live since ${clockTime(lostAtMs)}`, again },
    );
  };

  const lost = (): void => {
    source?.close();
    source = undefined;
    if (isLive) lostAtMs = wallNow();
    isLive = false;
    const wait = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 15_000;
    failures += 1;
    retryAt = mono() + wait;
    stopRetry();
    stopRetry = after(wait, open);
    tell();
  };

  function open(): void {
    stopRetry();
    source?.close();
    heardAt = mono();
    retryAt = 0;
    const opened = new EventSource('/events');
    source = opened;
    opened.onopen = () => {
      isLive = true;
      failures = 0;
      heardAt = mono();
      tell();
      handlers.onUp();
    };
    opened.onerror = lost;
    for (const name of ['status', 'log', 'history', 'lost'] as const)
      opened.addEventListener(name, (event: MessageEvent<string>) => {
        heardAt = mono();
        handlers.onEvent(name, JSON.parse(event.data) as unknown);
      });
  }

  every(1000, () => {
    if (source && mono() - heardAt > SILENCE_MS) lost();
    else if (!isLive) tell();
  });
  // A phone that was asleep has waited long enough.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !isLive) open();
  });
  open();
  return open;
}
