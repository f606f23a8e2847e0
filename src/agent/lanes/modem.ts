// The modem lane: bring the module up, watch it, and climb the channel ladder when it does not answer. It lights the
// modem, SIM and network lamps; each failure darkens the lamp it belongs to and says why there.
import {
  type BackoffPolicy,
  type Clock,
  type ErrorCode,
  type Logger,
  PORT_BACKOFF,
  type Rung,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import type { Modem, ModemSnapshot } from '../../modem/index.js';
import type { LampName } from '../../status/index.js';
import type { LampBoard } from '../lamp-board.js';
import type { Lane } from '../lane.js';
import { channelLadder, climb, healthy, type LadderLimits, type LadderState } from '../recovery.js';
import { nodeIsBack } from './node-watch.js';

export interface ModemLaneDeps {
  modem: Modem;
  lamps: LampBoard;
  clock: Clock;
  log: Logger;
  ladder: { load(): Promise<LadderState>; save(state: LadderState): Promise<void> };
  /** Runs the configured power hook; absent when none is configured. */
  powerCycle: ((signal: AbortSignal) => Promise<void>) | undefined;
}

export interface ModemLaneOptions {
  port: string;
  moduleReset: boolean;
  limits: LadderLimits;
}

const SIM_CODES: readonly ErrorCode[] = ['sim.absent', 'sim.pin', 'sim.puk', 'sim.failure'];
const NETWORK_CODES: readonly ErrorCode[] = ['network.searching', 'network.denied', 'network.no-bearer'];

/** SIM and network trouble is waited out: looked at once a minute, registration at most every five. */
const SIM_POLL: BackoffPolicy = { baseMs: 60_000, capMs: 60_000, quickForMs: 0 };
const REGISTRATION: BackoffPolicy = { baseMs: 30_000, capMs: 3_600_000, quickForMs: 0 };

export function lampOf(code: ErrorCode): LampName {
  if (SIM_CODES.includes(code)) return 'sim';
  if (NETWORK_CODES.includes(code)) return 'network';
  return 'modem';
}

const TECHNOLOGY = (s: ModemSnapshot): string =>
  [
    s.registration.state,
    s.registration.technology,
    s.operator,
    s.bearer.active ? `address ${s.bearer.address ?? 'assigned'}` : 'no data connection',
  ]
    .filter((x): x is string => x !== undefined && x !== '')
    .join(', ');

/** What the module's own progress says about the three lamps. */
export function lampsFromModem(s: ModemSnapshot, lamps: LampBoard): void {
  const identified = s.model !== undefined && s.stage !== 'absent' && s.stage !== 'sync' && s.stage !== 'identify';
  if (!identified) return;
  lamps.lit('modem', [s.manufacturer, s.model, s.revision].filter(Boolean).join(' '));
  if (s.sim === 'ready') lamps.lit('sim', 'ready');
  const registered = s.registration.state === 'home' || s.registration.state === 'roaming';
  if (registered && s.bearer.active) lamps.lit('network', TECHNOLOGY(s));
  else if (lamps.isLit('sim')) lamps.waiting('network', TECHNOLOGY(s));
}

export function createModemLane(deps: ModemLaneDeps, options: ModemLaneOptions): Lane {
  const { modem, lamps, clock, log } = deps;
  const ladder = channelLadder(options.limits);
  const available = (rung: Rung): boolean =>
    rung === 'module-reset' ? options.moduleReset : rung === 'power' ? deps.powerCycle !== undefined : true;

  async function takeRung(rung: Rung, signal: AbortSignal): Promise<void> {
    // Reopening is what each try does anyway: said at each one, it would fill the log while a port is out of order.
    if (rung !== 'reopen') log.warn('recovery.rung', { ladder: 'channel', rung });
    try {
      if (rung === 'power') await deps.powerCycle?.(signal);
      else if (rung === 'module-reset') await modem.recover('module-reset', { signal });
      // `reopen` is what the next bring-up does anyway.
    } catch (error) {
      log.warn('recovery.failed', { rung, error: toWaymarkError(error) });
    }
  }

  return {
    name: 'modem',
    async run({ signal, ok, doing }) {
      const unsubscribe = modem.onChange(() => {
        const snapshot = modem.snapshot();
        doing(snapshot.stage);
        lampsFromModem(snapshot, lamps);
      });
      try {
        await modem.bringUp({ signal });
        lampsFromModem(modem.snapshot(), lamps);
        await deps.ladder.save(healthy(await deps.ladder.load()));
        ok();
        await modem.watch({ signal });
      } finally {
        unsubscribe();
      }
    },
    policy(error) {
      const lamp = lampOf(error.code);
      return lamp === 'sim' ? SIM_POLL : lamp === 'network' ? REGISTRATION : PORT_BACKOFF;
    },
    async onFailure({ error, waitMs }, signal) {
      darken(lamps, error, clock.mono() + waitMs);
      // A port that is held, gone or refused says nothing about the module: neither reset nor power would mend it.
      const isPort = error.code.startsWith('link.') && error.code !== 'link.stalled';
      const fits = (rung: Rung): boolean => (isPort ? rung === 'reopen' : available(rung));
      const decision = climb(ladder, await deps.ladder.load(), error, clock.wall(), fits);
      await deps.ladder.save(decision.state);
      if (!decision.rung) return;
      await takeRung(decision.rung, signal);
      await sleep(clock, decision.coolDownMs, signal);
    },
    untilWorthRetrying({ error, waitMs }, signal) {
      if (error.code !== 'link.absent' && error.code !== 'link.closed') return undefined;
      return nodeIsBack(options.port, waitMs, clock, signal);
    },
  };
}

/** The failing lamp goes dark with the reason, those behind it wait for it. */
function darken(lamps: LampBoard, error: WaymarkError, nextMonoMs: number): void {
  const name = lampOf(error.code);
  const gone = error.code === 'link.absent' || error.code === 'link.closed';
  lamps.dark(
    name,
    gone
      ? new WaymarkError(error.code, `the module is unplugged or off (${error.message})`, { hint: error.hint })
      : error,
    gone ? { what: 'the port is looked for until it is back' } : { what: 'tried again', atMonoMs: nextMonoMs },
  );
  const chain: readonly LampName[] = ['modem', 'sim', 'network'];
  for (const behind of chain.slice(chain.indexOf(name) + 1)) lamps.blocked(behind, name);
}
