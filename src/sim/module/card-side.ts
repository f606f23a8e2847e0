// The card as it comes, goes and is unlocked: what the module does by itself and says about it.
//
//   power-on ─→ busy ─(cardMs)→ ready | pin | puk | dead | …      pulled ─→ absent ─(swap)→ busy ─→ …
import type { Clock, Timer } from '../../core/index.js';
import type { Family } from './command.js';
import type { Latency } from './latency.js';
import { wokenCard } from './standard/sim-card.js';
import type { ModuleState, SessionSettings, SimCard, SimCardState } from './state.js';
import type { Timers } from './timers.js';

export interface CardSide {
  /** After power-on, before the boot is over: the card is busy. */
  sleep(): void;
  /** The module is up: the card answers soon. `texts` are said then. */
  wake(texts: (card: SimCard) => readonly string[]): void;
  set(state: SimCardState, details: Partial<SimCard>): void;
  swap(details: Partial<SimCard>, absentMs: number): void;
  /** A code opened or blocked it. */
  changed(isSwap?: boolean): void;
  [Symbol.dispose](): void;
}

export interface CardSideDeps {
  state: ModuleState;
  family: Family;
  clock: Clock;
  timers: Timers;
  latency: Latency;
  cardMs: number;
  /** Unsolicited lines, made for the settings of each port. */
  report: (make: (session: SessionSettings) => readonly string[]) => void;
  updateRadio: () => void;
}

export function createCardSide(deps: CardSideDeps): CardSide {
  const { state, family, clock, timers, latency, cardMs, report, updateRadio } = deps;
  const { card } = state;
  let isStuck = false;
  let asked: SimCardState = card.state;
  // A person's hand: a restart of the module does not stop it.
  let hand: Timer | undefined;

  const changed = (isSwap = false): void => {
    if (state.power === 'on') report((session) => family.cardUrcs(card, session, isSwap));
    updateRadio();
  };
  const settle = (then: () => void): void => {
    timers.after(latency.fixed(cardMs), () => {
      if (card.state === 'busy' && !isStuck) card.state = asked;
      then();
    });
  };

  return {
    sleep() {
      asked = wokenCard(card);
      if (asked !== 'absent') card.state = 'busy';
    },
    wake(texts) {
      settle(() => {
        report(() => texts(card));
        updateRadio();
      });
    },
    set(next, details) {
      hand?.cancel();
      isStuck = next === 'busy';
      const isSwap = (card.state === 'absent') !== (next === 'absent');
      const implied: Partial<SimCard> = {};
      if (next === 'ready') Object.assign(implied, { isPinEnabled: false, pinTries: 3, pukTries: 10 });
      if (next === 'pin') Object.assign(implied, { isPinEnabled: true, pinTries: 3 });
      if (next === 'puk') Object.assign(implied, { isPinEnabled: true, pinTries: 0 });
      Object.assign(card, implied, details, { state: next });
      changed(isSwap);
    },
    swap(details, absentMs) {
      hand?.cancel();
      isStuck = false;
      card.state = 'absent';
      changed(true);
      hand = clock.after(absentMs, () => {
        Object.assign(card, { isPinEnabled: false, pinTries: 3, pukTries: 10 }, details, { state: 'ready' });
        asked = wokenCard(card);
        // Without power nobody asks it anything; the next start does.
        if (state.power === 'off') return;
        card.state = 'busy';
        if (state.power === 'on') settle(() => changed(true));
      });
    },
    changed,
    [Symbol.dispose]: () => hand?.cancel(),
  };
}
