// Requests to the cloud through the module's own client, and methods from it (specs/devicewise.md 1.7, 1.8). One request is
// under way at a time:
//
//   waiting ──turn──→ sending ──OK, id──→ answerable ──its message──→ settled
//      │                 │ refused            │ 17 s: the inbox is listed, the ring may have been missed
//      │ abort: busy     └──→ settled         │ 35 s: listed once more, then timeout
//      └──→ settled                           └ abort: timeout; the next one waits for its message all the same
//
// A ring says that a message waits; it is fetched at once, whoever it is for. Whatever happens, a request settles once.
import {
  abortable,
  abortReason,
  isWaymarkError,
  linkedController,
  onAbort,
  type Timer,
  type Tr50Command,
  type Tr50Outcome,
} from '../../../core/index.js';
import { createCalls } from './calls.js';
import { createInbox } from './inbox.js';
import { createLane, type Job } from './lane.js';
import { type Expected, Ids, type Message, type Way } from './match.js';
import { looksLikeAnswer, looksLikeMethod } from './methods.js';
import { type Fetched, parseDwring, type Ring } from './parse.js';
import { outcomeOf } from './reply.js';
import { createSubmitter } from './submit.js';
import type { Exchange, ExchangeDeps, ExchangeOptions } from './types.js';

const MAX_WAITING = 32;
/** As a command that is refused. */
const TOO_MANY = { errorCode: 2, errorMessage: 'command.rate: too many methods wait already' };
const QUEUE_FULL_RETRY_MS = 5000;
/** The module gives up after 30 s and rings. */
const ANSWER_MS = 35_000;
const HALF_MS = ANSWER_MS / 2;
/** On top, for the last look into the inbox. */
const LAST_LOOK_MS = 10_000;
const MAX_RINGS = 64;
/** The inbox has 20 places: after so many lists it is another's turn. */
const MAX_ROUNDS = 3;

/** One command on its way. */
interface Asked {
  readonly command: Tr50Command;
  way: Way;
  id: number | undefined;
  /** The module has taken it. */
  isTaken: boolean;
  readonly timers: Timer[];
  /** First call wins. */
  settle(outcome: Tr50Outcome): void;
  isSettled: boolean;
}

/** The exchange over a channel whose module is connected. Listens for rings from now on; `drain` comes next. */
export function createExchange(deps: ExchangeDeps, options: ExchangeOptions = {}): Exchange {
  const { clock, log } = deps;
  const life = linkedController();
  const inbox = createInbox(deps.run, life.signal);
  const submitter = createSubmitter(deps, { formatted: options.formatted ?? true, signal: life.signal });
  const ids = new Ids();
  const startedMonoMs = clock.mono();
  const waiting: Asked[] = [];
  const rings: Ring[] = [];
  const looks: Job[] = [];
  const outcomes: Record<Tr50Outcome['is'], number> = {
    ok: 0,
    failed: 0,
    timeout: 0,
    'link-lost': 0,
    unsendable: 0,
    busy: 0,
  };
  const counts = { requests: 0, dropped: 0, missedRings: 0, oddRings: 0 };
  let open: Asked | undefined;
  let hasMissed = false;
  let ended = false;

  const finish = (asked: Asked, outcome: Tr50Outcome): void => {
    for (const timer of asked.timers.splice(0)) timer.cancel();
    if (open === asked) open = undefined;
    if (outcome.is === 'link-lost' && !ended) deps.onSuspect?.();
    asked.settle(outcome);
    lane.wake();
  };

  /** Gives up on a request that may have had its effect. */
  const abandon = (asked: Asked): void => {
    if (asked.id !== undefined) ids.abandoned(asked.id);
    finish(asked, { is: 'timeout' });
  };

  const send = async (asked: Asked): Promise<void> => {
    const sent = await submitter.submit(asked.command);
    if (sent.is === 'settled') {
      finish(asked, sent.outcome);
      return;
    }
    asked.way = sent.way;
    asked.id = sent.id;
    asked.isTaken = true;
    if (sent.id !== undefined) ids.given(sent.id);
    const after = (ms: number, fn: () => void): void => {
      asked.timers.push(clock.deadline(ms, fn));
    };
    after(HALF_MS, () => look());
    after(ANSWER_MS, () =>
      look(() => {
        if (open === asked) abandon(asked);
      }),
    );
    after(ANSWER_MS + LAST_LOOK_MS, () => abandon(asked));
  };

  const take = (message: Message, fetched: Fetched & { is: 'message' }): void => {
    const { id, type } = message;
    if (type === 3 || (type === undefined && id !== open?.id && looksLikeMethod(fetched.text))) {
      calls.deliver(fetched.text);
      return;
    }
    const expected: Expected | undefined = open?.isTaken ? open : undefined;
    // Without a ring and under another id it must at least read like one.
    const isAnswer = type !== undefined || id === open?.id || looksLikeAnswer(fetched.text.trim());
    const match = isAnswer ? ids.match(message, expected, clock.mono() - startedMonoMs > ANSWER_MS) : 'stale';
    if (match === 'stale' || !open) {
      counts.dropped++;
      ids.arrived(id);
      log.debug('devicewise.stale-answer', { id });
      return;
    }
    if (match === 'quirk' && ids.isConstant(id))
      log.info('devicewise.quirk', { quirk: 'constant-msgid', id }, 'The module rings with one id for every answer.');
    if (open.id !== undefined) ids.answered(open.id);
    if (open.isSettled) counts.dropped++;
    finish(open, outcomeOf(fetched));
  };

  /** The likelier way first: a method is refused as raw, and the other way round by some firmware. */
  const waysFor = ({ id, type }: Message): readonly Way[] => {
    if (type === 3) return ['formatted'];
    const isRaw = type === undefined ? open?.way === 'raw' && (id === open.id || id === ids.constant) : type === 2;
    return isRaw ? ['raw', 'formatted'] : ['formatted', 'raw'];
  };

  const fetch = async (message: Message): Promise<boolean> => {
    const fetched = await inbox.fetch(message.id, waysFor(message));
    if (fetched.is === 'gone') return false;
    take(message, fetched);
    return true;
  };

  /** Fetches whatever is listed but what has rung meanwhile: that is fetched by its kind. */
  const sweep = async (): Promise<void> => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let hasTaken = false;
      for (const id of (await inbox.list()) ?? []) {
        if (rings.some((ring) => ring.id === id) || !(await fetch({ id }))) continue;
        counts.missedRings++;
        hasTaken = true;
      }
      if (!hasTaken) return;
    }
  };

  const forgiving = async (job: () => Promise<unknown>): Promise<void> => {
    try {
      await job();
    } catch (error) {
      if (!isWaymarkError(error)) throw error;
      // The port is being put right, or has ended. What waits in the module is found by the next look.
      log.debug('devicewise.inbox', { error });
    }
  };

  const look = (then?: () => void): void => {
    looks.push(async () => {
      await forgiving(sweep);
      then?.();
    });
    lane.wake();
  };

  const nextFetch = (): Job | undefined => {
    const ring = rings.shift();
    if (ring) return () => forgiving(() => fetch(ring));
    if (hasMissed) {
      hasMissed = false;
      return () => forgiving(sweep);
    }
    return looks.shift();
  };

  const nextSend = (): Job | undefined => {
    const asked = open ? undefined : waiting.shift();
    if (!asked) return undefined;
    open = asked;
    return () => send(asked);
  };

  const lane = createLane(log, { fetch: nextFetch, send: nextSend, isEnded: () => ended });

  const stopListening = deps.urcs('#DWRING', ([line = '']) => {
    const ring = parseDwring(line);
    if (!ring) counts.oddRings++;
    else if (rings.length < MAX_RINGS) rings.push(ring);
    else hasMissed = true;
    lane.wake();
    return true;
  });

  const ask = (command: Tr50Command, signal: AbortSignal, resolve: (outcome: Tr50Outcome) => void): void => {
    const asked: Asked = {
      command,
      way: 'raw',
      id: undefined,
      isTaken: false,
      timers: [],
      isSettled: false,
      settle: (outcome) => {
        if (asked.isSettled) return;
        asked.isSettled = true;
        off();
        outcomes[outcome.is]++;
        resolve(outcome);
      },
    };
    const off = onAbort(signal, () => {
      const at = waiting.indexOf(asked);
      if (at >= 0) {
        waiting.splice(at, 1);
        asked.settle({ is: 'busy', retryAfterMs: 0 });
      } else asked.settle({ is: 'timeout' });
    });
    waiting.push(asked);
    lane.wake();
  };

  /** Fetched, it is nowhere else: whoever called it hears at once that it is not run. */
  const calls = createCalls(log, (id) => {
    if (waiting.length >= MAX_WAITING) return false;
    ask({ command: 'mailbox.ack', params: { id, ...TOO_MANY } }, life.signal, () => undefined);
    return true;
  });

  return {
    async request(command, { signal }) {
      counts.requests++;
      if (ended) return { is: 'link-lost' };
      if (signal.aborted) return { is: 'busy', retryAfterMs: 0 };
      if (waiting.length >= MAX_WAITING) return { is: 'busy', retryAfterMs: QUEUE_FULL_RETRY_MS };
      return new Promise((resolve) => ask(command, signal, resolve));
    },
    methods: calls.methods,
    async drain({ signal }) {
      if (ended) return;
      if (signal.aborted) throw abortReason(signal);
      using scope = linkedController(signal);
      const offEnd = onAbort(life.signal, () => scope.abort());
      const done = new Promise<void>((resolve) => look(resolve));
      try {
        await abortable(done, scope.signal);
      } catch (error) {
        // The end of the exchange is none of the caller's errors: nothing is left to empty.
        if (!life.signal.aborted) throw error;
      } finally {
        offEnd();
      }
    },
    end(error) {
      if (ended) return;
      ended = true;
      stopListening();
      for (const asked of open ? [open, ...waiting.splice(0)] : waiting.splice(0)) finish(asked, { is: 'link-lost' });
      rings.length = 0;
      looks.length = 0;
      calls.end();
      life.abort(error);
    },
    facts: () => ({
      ...counts,
      ok: outcomes.ok,
      failed: outcomes.failed,
      timeouts: outcomes.timeout,
      linkLost: outcomes['link-lost'],
      unsendable: outcomes.unsendable,
      ...calls.counts,
      waiting: waiting.length,
      isFormatting: submitter.isFormatting,
      ...(ids.constant === undefined ? {} : { quirk: 'constant-msgid' }),
    }),
  };
}
