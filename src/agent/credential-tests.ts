// Trying a credential because a person asks. Services say how; what nobody has said a way for, or what a try would use up
// or put at risk, is not tried, and the reason is given. Who asks at the same time, or soon after, is told of the same
// try: it would tell nothing new, and far sides count.
import { abortable, type Clock, linkedController, type Secret, toWaymarkError, WaymarkError } from '../core/index.js';
import type { Credential, CredentialKind, Prove } from '../vault/index.js';

export interface CredentialTests {
  /**
   * Uses the credential once, as cheaply as its service allows. Rejects with what the far side said. A parked one is not
   * lent by `get`: take its value from `CredentialSet.peek`. Without `test`, `prove` is called with the value in force.
   */
  test?(signal: AbortSignal): Promise<void>;
  /**
   * Uses a candidate once, in place of the value in force. `all` holds every candidate that would come into force with it,
   * by id (a pair changes together); what is not in it stays as it is. Rejects with what the far side said: codes a person
   * has to act on are a refusal of the candidate, everything else is weather.
   */
  prove?(candidate: Secret, signal: AbortSignal, all: Readonly<Record<string, Secret>>): Promise<void>;
}

export interface TestDesk {
  register(id: string, tests: CredentialTests): () => void;
  peek(id: string): Promise<Secret | undefined>;
  test(id: string, signal: AbortSignal): Promise<void>;
  /** How candidates for these are proved; undefined while nobody has said it. */
  prover(ids: readonly string[]): Prove | undefined;
}

/** What was found is told for so long; a value that was replaced since is tried at once. */
const FRESH_MS = 10_000;

/** Why a credential cannot be tried: by id, else by kind. */
const NOT_TESTABLE: Readonly<Record<string, string>> = {
  'ztp-token': 'a ZTP token is one-shot: each call to its endpoint registers a device',
  pin: 'every try of a PIN counts, and the third wrong one blocks the SIM',
  'client-certificate': 'the certificate is tried by each new session; see the session lamp',
  'spartn-key': 'only the receiver can tell, by the corrections it uses',
  'enrolment-token': 'an enrolment token is one-shot: each use of it may make a device',
};

const notTestable = (id: string, kind: CredentialKind | undefined): WaymarkError => {
  const why = NOT_TESTABLE[id] ?? (kind === undefined ? undefined : NOT_TESTABLE[kind]);
  return new WaymarkError(
    'token.not-testable',
    `${id} cannot be tried: ${why ?? 'the service that uses it has no way to try it now'}`,
  );
};

/** One try, for everybody who asks meanwhile: it goes on while one of them waits. */
interface Trial {
  tests: CredentialTests | undefined;
  generation: number;
  outcome: Promise<void>;
  askers: number;
  giveUp: () => void;
  endMonoMs?: number;
}

export function createTestDesk(deps: {
  clock: Clock;
  find: (id: string) => Credential | undefined;
  ids: () => readonly string[];
  kindOf: (id: string) => CredentialKind | undefined;
}): TestDesk {
  const registered = new Map<string, CredentialTests>();
  const trials = new Map<string, Trial>();

  const peek = async (id: string): Promise<Secret | undefined> => {
    const credential = deps.find(id);
    if (credential?.peek() === undefined) await credential?.reload();
    return credential?.peek();
  };

  const run = async (id: string, signal: AbortSignal): Promise<void> => {
    const tests = registered.get(id);
    const credential = deps.find(id);
    if (!tests?.test && !tests?.prove) throw notTestable(id, deps.kindOf(id));
    const value = await peek(id);
    if (credential && !value)
      throw new WaymarkError('secret.absent', `${id}: there is no value to try`, { hint: credential.status().remedy });
    // What is said now concerns the value that was tried, not one that comes meanwhile.
    const { generation } = credential?.status() ?? { generation: 0 };
    if (tests.test) await tests.test(signal);
    else if (value) await tests.prove?.(value, signal, { [id]: value });
    else throw notTestable(id, deps.kindOf(id));
    credential?.report({ generation }, { is: 'ok' });
  };

  const begin = (id: string): Trial => {
    // Its own signal: the first to ask may leave before the others.
    const life = linkedController();
    const trial: Trial = {
      tests: registered.get(id),
      generation: deps.find(id)?.status().generation ?? 0,
      outcome: run(id, life.signal),
      askers: 0,
      giveUp: () => {
        if (trials.get(id) === trial) trials.delete(id);
        life.abort();
      },
    };
    const ended = (error?: unknown): void => {
      trial.endMonoMs = deps.clock.mono();
      // It was not sent anywhere.
      const wasTried =
        error === undefined || !['token.not-testable', 'secret.absent'].includes(toWaymarkError(error).code);
      if (!wasTried && trials.get(id) === trial) trials.delete(id);
    };
    trial.outcome.then(() => ended(), ended);
    trials.set(id, trial);
    return trial;
  };

  const fresh = (id: string): Trial | undefined => {
    const trial = trials.get(id);
    if (trial?.endMonoMs === undefined) return trial;
    const isSame = trial.tests === registered.get(id) && trial.generation === (deps.find(id)?.status().generation ?? 0);
    return isSame && deps.clock.mono() - trial.endMonoMs < FRESH_MS ? trial : undefined;
  };

  return {
    register(id, tests) {
      registered.set(id, tests);
      return () => {
        if (registered.get(id) === tests) registered.delete(id);
      };
    },
    peek,
    async test(id, signal) {
      if (!deps.ids().includes(id))
        throw new WaymarkError('cli.usage', `there is no credential ${id}`, {
          hint: `\`waymark token list\` shows them: ${deps.ids().join(', ')}.`,
        });
      signal.throwIfAborted();
      const trial = fresh(id) ?? begin(id);
      trial.askers++;
      try {
        await abortable(trial.outcome, signal);
      } finally {
        if (--trial.askers === 0 && trial.endMonoMs === undefined) trial.giveUp();
      }
    },
    prover(ids) {
      const id = ids.find((one) => registered.get(one)?.prove);
      if (id === undefined) return undefined;
      return async (candidates, signal) => {
        // Of a pair the half that is there is told to whoever can try it.
        const first = ids.find((one) => candidates[one] !== undefined && registered.get(one)?.prove) ?? id;
        const candidate = candidates[first] ?? Object.values(candidates)[0];
        if (candidate) await registered.get(first)?.prove?.(candidate, signal, candidates);
      };
    },
  };
}
