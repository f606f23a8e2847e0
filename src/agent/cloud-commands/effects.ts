// What the commands do, over narrow functions of the parts that do it. A part this gateway does not have, or that is held
// back, is a failure with its reason, not an effect that silently does nothing. What a person asks for at the gateway
// goes the same way (agent/person-actions.ts).
import { type Clock, WaymarkError } from '../../core/index.js';
import type { Slot } from '../../vault/index.js';
import type { CorrectionLane } from '../lanes/corrections.js';
import type { NetworkLadder } from '../network-ladder.js';
import { type ReportInterval, setReportInterval } from './report-interval.js';
import type { RecoverRung } from './table.js';

/** The five effects. Each rejects with a WaymarkError when it could not be had. */
export interface CommandEffects {
  /** Plain JSON without secrets; longer ones are cut by the caller. */
  reportStatus(): Promise<Record<string, unknown>>;
  resubscribe(): Promise<void>;
  /** Resolves when it is asked for: the answer may take hours, within the provisioning service's budget. */
  renewIdentity(reason: string): Promise<void>;
  recover(rung: RecoverRung, signal: AbortSignal): Promise<void>;
  /** Resolves when it is on the disk and in force. */
  setReportInterval(seconds: number, setBy: string): Promise<void>;
}

/** The parts that do it, whoever asks. */
export interface PartEffectDeps {
  /** The correction session; absent where there is none. */
  session: Pick<CorrectionLane, 'resubscribe' | 'renew'> | undefined;
  /** Cuts the session lane's wait short. */
  wakeSession: () => void;
  /** Asks the identity lane; absent where there is no identity to renew. */
  requestRenewal: ((reason: string) => void) | undefined;
  /** The network ladder; absent without a module. */
  ladder: Pick<NetworkLadder, 'ask' | 'probe'> | undefined;
}

export interface PartEffects {
  resubscribe(): void;
  newSession(): void;
  /** `reason` is shown and logged: who asks, and why. */
  renewIdentity(reason: string): void;
  recover(rung: RecoverRung | 'module-reset', signal: AbortSignal): Promise<void>;
}

export interface CommandEffectDeps extends PartEffectDeps {
  clock: Pick<Clock, 'wall'>;
  status: () => Record<string, unknown> | Promise<Record<string, unknown>>;
  intervalSlot: Pick<Slot<ReportInterval>, 'write'>;
  /** Brings a new interval into force. */
  applyInterval: (seconds: number) => void;
}

const notAvailable = (why: string): WaymarkError => new WaymarkError('command.not-available', why);

/** Each throws or rejects with `command.not-available` where the gateway has no such part, else with what the part says. */
export function createPartEffects(deps: PartEffectDeps): PartEffects {
  const sessionOrThrow = (): NonNullable<PartEffectDeps['session']> => {
    if (!deps.session) throw notAvailable('there is no correction session on this gateway');
    return deps.session;
  };
  const ladderOrThrow = (): NonNullable<PartEffectDeps['ladder']> => {
    if (!deps.ladder) throw notAvailable('there is no cellular module on this gateway');
    return deps.ladder;
  };
  const resubscribe = (): void => {
    // Where no session is up there is nothing to ask again; then the next one is not waited for.
    if (!sessionOrThrow().resubscribe()) deps.wakeSession();
  };
  const newSession = (): void => {
    if (!sessionOrThrow().renew()) deps.wakeSession();
  };
  return {
    resubscribe,
    newSession,
    renewIdentity(reason) {
      if (!deps.requestRenewal) throw notAvailable('there is no identity on this gateway that could be renewed');
      deps.requestRenewal(reason);
    },
    async recover(rung, signal) {
      switch (rung) {
        case 'resubscribe':
          resubscribe();
          return;
        case 'session':
          newSession();
          return;
        case 'road': {
          const answer = await ladderOrThrow().probe(signal);
          if (answer === 'dead')
            throw new WaymarkError('network.no-road', 'nothing comes back over the data connection');
          if (answer === 'unknown') throw notAvailable('there is nothing the data path could be tried with');
          return;
        }
        case 'bearer':
        case 'registration':
        case 'radio':
        case 'module-reset':
          await ladderOrThrow().ask(rung, signal);
          return;
      }
    },
  };
}

export function createCommandEffects(deps: CommandEffectDeps): CommandEffects {
  const parts = createPartEffects(deps);
  return {
    reportStatus: async () => await deps.status(),
    resubscribe: () => Promise.resolve().then(parts.resubscribe),
    renewIdentity: (reason) => Promise.resolve().then(() => parts.renewIdentity(`a cloud asked: ${reason}`)),
    recover: (rung, signal) => parts.recover(rung, signal),
    setReportInterval: (seconds, setBy) =>
      setReportInterval({ slot: deps.intervalSlot, clock: deps.clock, apply: deps.applyInterval }, seconds, setBy),
  };
}
