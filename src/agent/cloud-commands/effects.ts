// What the commands do, over narrow functions of the parts that do it. A part this gateway does not have, or that is held
// back, is a failure with its reason, not an effect that silently does nothing.
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

export interface CommandEffectDeps {
  clock: Pick<Clock, 'wall'>;
  status: () => Record<string, unknown> | Promise<Record<string, unknown>>;
  /** The correction session; absent where there is none. */
  session: Pick<CorrectionLane, 'resubscribe' | 'renew'> | undefined;
  /** Cuts the session lane's wait short. */
  wakeSession: () => void;
  /** Asks the identity lane; absent where there is no identity to renew. */
  requestRenewal: ((reason: string) => void) | undefined;
  /** The network ladder; absent without a module. */
  ladder: Pick<NetworkLadder, 'ask' | 'probe'> | undefined;
  intervalSlot: Pick<Slot<ReportInterval>, 'write'>;
  /** Brings a new interval into force. */
  applyInterval: (seconds: number) => void;
}

const notAvailable = (why: string): WaymarkError => new WaymarkError('command.not-available', why);

export function createCommandEffects(deps: CommandEffectDeps): CommandEffects {
  const sessionOrThrow = (): NonNullable<CommandEffectDeps['session']> => {
    if (!deps.session) throw notAvailable('there is no correction session on this gateway');
    return deps.session;
  };
  const ladderOrThrow = (): NonNullable<CommandEffectDeps['ladder']> => {
    if (!deps.ladder) throw notAvailable('there is no cellular module on this gateway');
    return deps.ladder;
  };
  const resubscribe = (): void => {
    // Where no session is up there is nothing to ask again; then the next one is not waited for.
    if (!sessionOrThrow().resubscribe()) deps.wakeSession();
  };
  const renewIdentity = (reason: string): void => {
    if (!deps.requestRenewal) throw notAvailable('there is no identity on this gateway that could be renewed');
    deps.requestRenewal(`a cloud asked: ${reason}`);
  };

  return {
    reportStatus: async () => await deps.status(),
    resubscribe: () => Promise.resolve().then(resubscribe),
    renewIdentity: (reason) => Promise.resolve().then(() => renewIdentity(reason)),
    async recover(rung, signal) {
      switch (rung) {
        case 'resubscribe':
          resubscribe();
          return;
        case 'session':
          if (!sessionOrThrow().renew()) deps.wakeSession();
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
          await ladderOrThrow().ask(rung, signal);
          return;
      }
    },
    setReportInterval: (seconds, setBy) =>
      setReportInterval({ slot: deps.intervalSlot, clock: deps.clock, apply: deps.applyInterval }, seconds, setBy),
  };
}
