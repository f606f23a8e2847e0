// The session lane: keeps one connection to the correction service, and says whether corrections flow and are used.
import {
  type BackoffPolicy,
  type BudgetLedger,
  budgetSpend,
  budgetWaitMs,
  type Clock,
  type ClockTrust,
  linkedController,
  NETWORK_BACKOFF,
  REFUSED_BACKOFF,
  sleep,
  WaymarkError,
} from '../../core/index.js';
import type { Receiver } from '../../gnss/index.js';
import type { CorrectionSnapshot, CorrectionSource } from '../../services/index.js';
import type { LampBoard } from '../lamp-board.js';
import type { Lane } from '../lane.js';
import { awaitClock } from './await-clock.js';
import { flowWords, whyNotUsed } from './correction-lamp.js';

export interface CorrectionLaneDeps {
  /** Resolves with the source for the identity in force; a new one after each renewal. */
  source: (signal: AbortSignal) => Promise<CorrectionSource>;
  receiver: Receiver | undefined;
  lamps: LampBoard;
  clock: Clock;
  trust: ClockTrust;
  /** Calls back when another identity is in force: the session on the old one ends. Returns the unsubscribe. */
  renewed: (listener: () => void) => () => void;
  /** Told how each connection went, for the credential's state. */
  outcome: (result: 'ok' | WaymarkError) => void;
}

/** Connects in any hour: sixty, and the quick ones of an outage's first minute. */
const CONNECT_BUDGET = [{ count: 100, perMs: 3_600_000 }] as const;
/** Longer than the lives of a session that a twin or a refusal ends at once. */
const STABLE_MS = 10_000;
/** Corrections slower than this are not flowing: the service's slowest group comes every 30 s. */
const FLOW_MS = 60_000;

const REFUSED: readonly string[] = [
  'mqtt.refused',
  'tls.client-refused',
  'tls.untrusted',
  'tls.name',
  'mqtt.not-granted',
  'corrections.no-topic',
  'corrections.ended',
  'ntrip.unauthorized',
  'ntrip.mountpoint',
  'ntrip.refused',
  'http.redirect',
  'config.invalid',
  'secret.malformed',
];

const isUp = ({ state }: CorrectionSnapshot): boolean =>
  state === 'connected' || state === 'flowing' || state === 'silent';

export interface CorrectionLane extends Lane {
  /** Called once a second: lamps follow the data, not the connection. */
  show(): void;
  current(): CorrectionSource | undefined;
  /** Asks for the corrections again on the session that is up; false when none is. */
  resubscribe(): boolean;
  /** Ends the connection at hand, so that a new one is made; false when there is none. */
  renew(): boolean;
  readonly disconnects: number;
  readonly lastReason: string | undefined;
}

/** The source for the identity in force, also when another comes into force while this one is being made. */
async function latest(
  make: CorrectionLaneDeps['source'],
  renewals: () => number,
  signal: AbortSignal,
): Promise<CorrectionSource> {
  for (;;) {
    const asOf = renewals();
    const made = await make(signal);
    if (renewals() === asOf) return made;
  }
}

export function createCorrectionLane(deps: CorrectionLaneDeps): CorrectionLane {
  const { lamps, clock, receiver } = deps;
  let source: CorrectionSource | undefined;
  let ledger: BudgetLedger = [];
  let disconnects = 0;
  let lastReason: string | undefined;
  /** The source that runs now, and how to end it. */
  let running: { source: CorrectionSource; end: (reason: WaymarkError) => void } | undefined;

  async function awaitBudget(signal: AbortSignal): Promise<void> {
    const waitMs = budgetWaitMs(CONNECT_BUDGET, ledger, clock.wall());
    if (waitMs > 0) await sleep(clock, waitMs, signal);
  }

  function show(): void {
    if (!source) return;
    const s = source.snapshot();
    if (s.state === 'waiting' && s.lastReason === 'corrections.no-position')
      lamps.waiting('session', s.detail ?? 'waits for a position');
    if (!isUp(s)) return;
    lamps.lit('session', `${s.source} to ${s.host}`);
    // What was fed to a receiver that is gone says nothing about now.
    const r = receiver?.snapshot();
    if (r && !r.running) {
      lamps.waiting('corrections', 'the receiver is not connected');
      return;
    }
    const lastMonoMs = r ? r.lastFedMonoMs : s.lastMessageMonoMs;
    if (lastMonoMs !== undefined && clock.mono() - lastMonoMs <= clock.ioBudgetMs(FLOW_MS)) {
      const trouble = r && lamps.condition().lamps.corrections.everLit ? whyNotUsed(r) : undefined;
      if (trouble) lamps.dark('corrections', trouble);
      else lamps.lit('corrections', r ? flowWords(r) : 'flowing');
      return;
    }
    if (lamps.condition().lamps.corrections.everLit)
      lamps.dark('corrections', new WaymarkError('corrections.silent', 'no corrections for a minute'), {
        what: 'asked for again by itself',
      });
    else lamps.waiting('corrections', 'waiting for the first corrections');
  }

  return {
    name: 'session',
    stableAfterMs: STABLE_MS,
    get disconnects() {
      return disconnects;
    },
    get lastReason() {
      return lastReason;
    },
    current: () => source,
    show,
    resubscribe() {
      if (!running || !isUp(running.source.snapshot())) return false;
      running.source.resubscribe();
      return true;
    },
    renew() {
      running?.end(new WaymarkError('mqtt.closed', 'a new session was asked for'));
      return running !== undefined;
    },
    async run({ signal, ok, doing }) {
      doing('waiting for the clock');
      await awaitClock(deps.trust, lamps, 'session', signal);
      // Before the source is chosen: this may take most of an hour, in which the identity may be renewed.
      await awaitBudget(signal);
      doing('waiting for an identity');
      const seen = { up: false };
      let isChosen = false;
      let renewals = 0;
      using link = linkedController(signal);
      const off = deps.renewed(() => {
        renewals++;
        // Before a source is chosen there is nothing to end: it is asked for again.
        if (isChosen) link.abort(new WaymarkError('mqtt.closed', 'the identity was renewed'));
      });
      try {
        const mine = await latest(deps.source, () => renewals, link.signal);
        isChosen = true;
        source = mine;
        ledger = budgetSpend(CONNECT_BUDGET, ledger, clock.wall());
        running = { source: mine, end: (reason) => link.abort(reason) };
        doing('connecting');
        await mine.run({
          signal: link.signal,
          onState: () => {
            if (!isUp(mine.snapshot())) return;
            if (!seen.up) {
              seen.up = true;
              deps.outcome('ok');
            }
            ok();
            show();
          },
        });
      } catch (error) {
        if (seen.up) disconnects++;
        throw error;
      } finally {
        running = undefined;
        off();
      }
    },
    policy(error): BackoffPolicy {
      if (REFUSED.includes(error.code)) return REFUSED_BACKOFF;
      return source?.backoff?.() ?? NETWORK_BACKOFF;
    },
    onFailure({ error, waitMs }) {
      lastReason = error.code;
      deps.outcome(error);
      lamps.dark('session', error, { what: 'connects again', atMonoMs: clock.mono() + waitMs });
      lamps.blocked('corrections', 'session');
      return undefined;
    },
  };
}
