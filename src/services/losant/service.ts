// Losant as a service: one life of the connection at a time, why the last one ended, and the credentials it is made with.
// Waiting between two lives is the lane's; how long is said here.
//
//   idle --run--> connecting --CONNACK, or the first answer--> connected --error--> waiting --run--> connecting
//                     ^                                         |
//                     +-------- key replaced (mqtt) ------------+        abort: idle
import {
  type BackoffPolicy,
  type CloudRecord,
  isWaymarkError,
  type Secret,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import { reasonOf, type ServiceReason } from '../reason.js';
import { refusedWaitMs } from './judge.js';
import { liveOnMqtt } from './mqtt-life.js';
import { createLosantRest } from './rest.js';
import { liveOnRest } from './rest-life.js';
import { createSendWindow } from './send-window.js';
import { toState } from './state.js';
import { createTrouble } from './trouble.js';
import type { LosantDeps, LosantOptions, LosantService, LosantSnapshot } from './types.js';

/** Half of it is the least: never sooner than 5 s. */
const BACKOFF: BackoffPolicy = { baseMs: 10_000, capMs: 300_000, quickForMs: 0 };
const MIN_WAIT_MS = 5000;

export function createLosant(deps: LosantDeps, options: LosantOptions): LosantService {
  const { clock, credentials } = deps;
  const rest = createLosantRest(deps, options);
  const window = createSendWindow(clock);
  const trouble = createTrouble(clock);
  const counters = { connects: 0, disconnects: 0 };
  let state: LosantSnapshot['state'] = 'idle';
  let lastReason: ServiceReason | undefined;
  let next: LosantSnapshot['next'];

  const enter = (to: LosantSnapshot['state'], then?: LosantSnapshot['next']): void => {
    if (state === 'connected' && to !== 'connected') counters.disconnects++;
    if (state !== 'connected' && to === 'connected') counters.connects++;
    state = to;
    next = then;
    deps.onChange?.();
  };

  const stateOf = (record: CloudRecord): ReturnType<typeof toState> =>
    toState(record, {
      nowUtcMs: clock.wall(),
      nowMonoMs: clock.mono(),
      isClockTrusted: deps.trust.status().state === 'trusted',
      boot: deps.boot,
    });

  const ended = (thrown: unknown): WaymarkError => {
    const error = toWaymarkError(thrown);
    const { code, retryAfterMs } = error;
    lastReason = reasonOf(error);
    const what = code === 'losant.refused' ? 'asks whether the key is good again' : 'connects again';
    enter('waiting', { what, atMonoMs: clock.mono() + Math.max(MIN_WAIT_MS, retryAfterMs ?? 0) });
    return error;
  };

  const parts = { deps, options, rest, stateOf };
  const lives = async (context: Parameters<LosantService['run']>[0]): Promise<void> => {
    const { signal } = context;
    const up = (what: string): void => {
      lastReason = undefined;
      enter('connected');
      context.doing(what);
      context.ok();
    };
    if (options.transport === 'rest') {
      await liveOnRest(parts, {
        signal,
        onUp: () => up('reporting'),
        onRest: (atMonoMs) => enter('connected', { what: 'reports', atMonoMs }),
      });
      return;
    }
    while (!signal.aborted) {
      enter('connecting');
      context.doing('connecting');
      await liveOnMqtt({ ...parts, window, trouble }, { signal, onUp: () => up('connected') });
    }
  };

  const tryPair = async (key: Secret, secret: Secret, signal: AbortSignal): Promise<void> => {
    const answer = await rest.authDevice({ key, secret }, { signal });
    if (answer.is !== 'good') throw answer.error;
  };

  const notConfigured = (id: string): WaymarkError =>
    new WaymarkError('secret.absent', `losant.${id} is not configured`);

  return {
    async run(context) {
      context.signal.throwIfAborted();
      enter('connecting');
      try {
        await lives(context);
        context.signal.throwIfAborted();
      } catch (error) {
        if (context.signal.aborted) {
          enter('idle');
          throw error;
        }
        throw ended(error);
      }
    },
    backoff: () => BACKOFF,
    snapshot() {
      return {
        transport: options.transport,
        state,
        sentence: sentenceOf(options.transport, state, lastReason),
        ...counters,
        messagesInWindow: window.count(),
        bans: trouble.bans,
        ...(lastReason === undefined ? {} : { lastReason }),
        ...(next === undefined ? {} : { next }),
        ...(rest.isRestricted === undefined ? {} : { isRestricted: rest.isRestricted }),
      };
    },
    async test(id, { signal }) {
      if (id !== 'applicationToken') {
        const answer = await rest.oracle.ask({ signal });
        if (answer.is !== 'good') throw answer.error;
        return;
      }
      const source = credentials.applicationToken;
      if (!source) throw notConfigured(id);
      const lease = await source.get({ signal });
      try {
        await rest.proveToken(lease.value, { signal });
        source.report(lease, { is: 'ok' });
      } catch (error) {
        if (isWaymarkError(error, 'losant.token-refused'))
          source.report(lease, {
            is: 'refused',
            state: 'rejected',
            reason: 'refused',
            evidence: { ...error.evidence },
            retryAtMonoMs: clock.mono() + refusedWaitMs(0),
          });
        throw error;
      }
    },
    async prove(id, candidate, { signal, all = {} }) {
      if (id === 'applicationToken') {
        await rest.proveToken(candidate, { signal });
        return;
      }
      // The half that stays is lent, so a pair that is refused now is proved only as a whole.
      const half = async (of: 'accessKey' | 'accessSecret'): Promise<Secret> => {
        if (of === id) return candidate;
        const other = all[of];
        if (other) return other;
        const source = credentials[of];
        if (!source) throw notConfigured(of);
        return (await source.get({ signal })).value;
      };
      await tryPair(await half('accessKey'), await half('accessSecret'), signal);
    },
    credentials: () => (rest.token ? [rest.token] : []),
    rest,
    [Symbol.dispose]() {
      rest.token?.[Symbol.dispose]();
    },
  };
}

function sentenceOf(
  transport: LosantSnapshot['transport'],
  state: LosantSnapshot['state'],
  lastReason: ServiceReason | undefined,
): string {
  switch (state) {
    case 'idle':
      return 'Not connected to Losant.';
    case 'connecting':
      return lastReason === undefined
        ? 'Connecting to Losant.'
        : `Connecting to Losant again, after: ${lastReason.message}.`;
    case 'connected':
      return transport === 'mqtt' ? 'Connected to Losant.' : 'Reporting to Losant by single requests.';
    case 'waiting':
      return `Not connected to Losant: ${lastReason?.message ?? 'unknown'}.`;
  }
}
