// Another token tried on the road that is in use. Never beside the life in force: the cloud knows one client id, and two
// connections with it would throw each other out. So a proof takes its turn at the gate, the life ends for it, and the
// token that was proved good is left a little time to come into force before the next life begins.
import { type Clock, linkedController, type Secret, sleep, toWaymarkError } from '../../core/index.js';
import type { CredentialSource } from '../../vault/index.js';
import type { Gate } from './gate.js';
import { proveToken } from './ping.js';
import type { RoadOpener } from './types.js';

/** It is a disk that is waited for, whatever the clock does. */
const PROMOTION_MS = 2000;

export interface ProofsDeps {
  clock: Clock;
  credential: CredentialSource<Secret>;
  gate: Gate;
  /** The road a life would take now. Errors: there is none. */
  opener(): RoadOpener;
  /** Ends the life in force. */
  yieldLife(): void;
  onChange(): void;
}

export interface Proofs {
  /** Waiting or under way. */
  readonly count: number;
  /** Resolves when the road has opened with it and answered. Errors: as `RoadOpener.open`, and those of the ping. */
  run(value: Secret, signal: AbortSignal): Promise<void>;
}

export function createProofs({ clock, credential, gate, opener, yieldLife, onChange }: ProofsDeps): Proofs {
  let count = 0;

  const inForce = async (value: Secret): Promise<void> => {
    const isInForce = (): boolean => credential.status().fingerprint === value.fingerprint;
    if (isInForce()) return;
    using wait = linkedController();
    const off = credential.onChange(() => {
      if (isInForce()) wait.abort();
    });
    await sleep(clock, clock.ioBudgetMs(PROMOTION_MS), wait.signal).catch(() => undefined);
    off();
  };

  return {
    get count() {
      return count;
    },
    run: (value, signal) =>
      new Promise((resolve, reject) => {
        count++;
        const over = (): void => {
          count--;
          onChange();
        };
        const turn = gate.hold(signal, async () => {
          await proveToken(opener(), value, { signal });
          over();
          resolve();
          // Whoever asked brings it into force once he knows; the gate stays closed until then.
          await inForce(value);
        });
        turn.catch((error: unknown) => {
          over();
          reject(toWaymarkError(error));
        });
        yieldLife();
        onChange();
      }),
  };
}
