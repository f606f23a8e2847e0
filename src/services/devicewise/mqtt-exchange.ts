// Requests and answers over one MQTT session. Each request has a number of its own, and the server echoes it; an answer
// nobody waits for (late, twice, never asked) is counted and thrown away. A slow answer to what was asked in the session
// before comes into this one, for the server knows us by our client id: so numbers go on from session to session.
//
// Silence is looked into once: after a request that got no answer diag.ping is asked, and if that gets none either, the
// session is dead, whatever TCP thinks of it.
import { randomInt } from 'node:crypto';
import {
  type Clock,
  deferred,
  type Logger,
  linkedController,
  onAbort,
  type Timer,
  type Tr50Command,
  type Tr50Outcome,
  WaymarkError,
} from '../../core/index.js';
import type { Message, Session } from '../../mqtt/index.js';
import { deflated, inflated } from './deflate.js';
import { meaningOf } from './judgement.js';
import { createMailbox } from './mailbox.js';
import { createSlots } from './slots.js';
import { encodeTr50, everyOutcome, outcomesOf, readTr50Reply, type Tr50Reply } from './tr50-answer.js';
import type { RoadLimits, Tr50Road } from './types.js';
import { BUSY, type GatewayIdentity, identityFacts, MAX_COMMANDS, REQUEST_DEADLINE_MS } from './who.js';

const MAX_IN_FLIGHT = 8;
/** A notification may be lost, and not every server says at a connection what is waiting. */
const LOOK_MS = 1_800_000;
const PING_DEADLINE_MS = 10_000;
/** As the C client counts; the one before has long been answered when it comes round. */
const MAX_NUMBER = 65_535;
const REPLY = /^reply(z?)\/(.{1,64})$/;

export interface ExchangeDeps {
  clock: Clock;
  log: Logger;
  session: Session;
  /** Why the session ended, in the road’s words. */
  closed: Promise<WaymarkError>;
  identity: GatewayIdentity;
  numbers: Numbers;
}

type Exchange = Pick<Tr50Road, 'limits' | 'request' | 'methods' | 'closed' | 'facts'>;

type Answer = { is: 'reply'; reply: Tr50Reply } | { is: 'timeout' | 'link-lost' };

/** Numbers of requests; the next session goes on where the last one stopped. */
export type Numbers = () => number;

/** From anywhere on: an answer to what was asked before a restart must not fit what is asked after it. */
export function createNumbers(first = randomInt(MAX_NUMBER)): Numbers {
  let number = first;
  return () => (number = number >= MAX_NUMBER ? 1 : number + 1);
}

export function createExchange(deps: ExchangeDeps, options: { maxRequestBytes: number; compress: boolean }): Exchange {
  const { clock, log, session } = deps;
  const limits: RoadLimits = {
    maxRequestBytes: options.maxRequestBytes,
    maxInFlight: MAX_IN_FLIGHT,
    maxCommands: MAX_COMMANDS,
  };
  const life = linkedController();
  const slots = createSlots(clock, MAX_IN_FLIGHT);
  const pending = new Map<string, (answer: Answer) => void>();
  const counts = { requests: 0, timeouts: 0, strayReplies: 0, malformedReplies: 0 };
  let heardMonoMs = clock.mono();
  let isSuspicious = false;
  /** Ours, where it was not the session’s own end. */
  let ourReason: WaymarkError | undefined;

  const nextNumber = (): string => {
    let number: string;
    do number = String(deps.numbers());
    while (pending.has(number));
    return number;
  };

  const drop = (message: string, evidence?: Readonly<Record<string, string>>): void => {
    ourReason ??= new WaymarkError('devicewise.lost', message, { evidence });
    void session.close();
  };

  const send = async (json: string, deadlineMs: number, signal: AbortSignal): Promise<Answer> => {
    if (life.signal.aborted) return { is: 'link-lost' };
    const id = nextNumber();
    const answered = deferred<Answer>();
    pending.set(id, (answer) => answered.resolve(answer));
    const timer = clock.deadline(deadlineMs, () => answered.resolve({ is: 'timeout' }));
    // Whoever asked does not wait any more; it may have its effect all the same.
    const off = onAbort(signal, () => answered.resolve({ is: 'timeout' }));
    const short = options.compress ? deflated(json) : undefined;
    counts.requests++;
    // No PUBACK: then no answer either, which is noticed by its absence.
    session.publish(`${short ? 'apiz' : 'api'}/${id}`, short ?? json, { qos: 1 }).catch(() => undefined);
    try {
      return await answered.promise;
    } finally {
      timer.cancel();
      off();
      pending.delete(id);
    }
  };

  /** Nothing came where something should have: once, and for everybody, it is asked whether anybody is there. */
  const suspect = async (sinceMonoMs: number): Promise<void> => {
    // Somebody is there, and has only this one not answered.
    if (isSuspicious || heardMonoMs > sinceMonoMs) return;
    isSuspicious = true;
    const answer = await send(JSON.stringify({ '1': { command: 'diag.ping' } }), PING_DEADLINE_MS, life.signal);
    isSuspicious = false;
    if (answer.is === 'timeout') drop('the server does not answer any more');
  };

  const outcomes = (answer: Answer, count: number): Tr50Outcome[] => {
    if (answer.is !== 'reply') return everyOutcome(count, { is: answer.is });
    const { reply } = answer;
    if (reply.is !== 'root' || meaningOf(reply.failure) !== 'session') return outcomesOf(reply, count);
    // The server has forgotten who we are: a new CONNECT tells it.
    drop('the server has forgotten this session');
    return everyOutcome(count, { is: 'link-lost' });
  };

  const request: Tr50Road['request'] = async (commands, { signal }) => {
    const encoded = commands.length > MAX_COMMANDS ? { unsendable: 'too many commands' } : encode(commands);
    if ('unsendable' in encoded) return everyOutcome(commands.length, { is: 'unsendable', reason: encoded.unsendable });
    const isUrgent = commands.every(({ command }) => command.startsWith('mailbox.'));
    const giveBack = await slots.take({ isUrgent, signal });
    if (life.signal.aborted) {
      giveBack?.();
      return everyOutcome(commands.length, { is: 'link-lost' });
    }
    if (!giveBack) return everyOutcome(commands.length, BUSY);
    try {
      const sentMonoMs = clock.mono();
      const answer = await send(encoded.json, REQUEST_DEADLINE_MS, signal);
      if (answer.is === 'timeout' && !signal.aborted) {
        counts.timeouts++;
        void suspect(sentMonoMs);
      }
      const results = outcomes(answer, commands.length);
      mailbox.answered(commands, results);
      return results;
    } finally {
      giveBack();
    }
  };
  const encode = (commands: readonly Tr50Command[]) => encodeTr50(commands, limits.maxRequestBytes);

  const mailbox = createMailbox({
    clock,
    log,
    request: async (command) => (await request([command], { signal: life.signal }))[0] ?? { is: 'link-lost' },
  });
  const onReply = (isDeflated: boolean, id: string, payload: Uint8Array): void => {
    heardMonoMs = clock.mono();
    const waiting = pending.get(id);
    if (!waiting) {
      counts.strayReplies++;
      return;
    }
    const bytes = isDeflated ? inflated(payload) : payload;
    const reply: Tr50Reply = bytes ? readTr50Reply(bytes) : { is: 'malformed', why: 'no deflate' };
    if (reply.is === 'malformed') {
      counts.malformedReplies++;
      log.warn('devicewise.malformed-reply', { why: reply.why });
    }
    pending.delete(id);
    waiting({ is: 'reply', reply });
  };

  const onMessage = ({ topic, payload }: Message): void => {
    const reply = REPLY.exec(topic);
    if (reply) onReply(reply[1] === 'z', reply[2] ?? '', payload);
    else if (topic.startsWith('notify/mailbox')) void mailbox.check();
    else counts.strayReplies++;
  };

  const read = async (): Promise<void> => {
    for await (const message of session.messages) onMessage(message);
  };

  let nextLook: Timer | undefined;
  const look = (): void => {
    void mailbox.check();
    nextLook = clock.after(LOOK_MS, look);
  };

  const closed = deps.closed.then((reason) => {
    nextLook?.cancel();
    mailbox.end();
    // First the word of the link, which the abort would make a time-out.
    for (const waiting of [...pending.values()]) waiting({ is: 'link-lost' });
    life.abort();
    slots.end();
    if (!ourReason) return reason;
    return new WaymarkError(ourReason.code, ourReason.message, {
      evidence: { aliveMs: Number(reason.evidence?.['aliveMs'] ?? 0) },
    });
  });
  // `onMessage` does not throw, and the session’s messages end without an error.
  void read();
  // First of all mail that came while nobody was here.
  look();

  return {
    limits,
    request,
    methods: mailbox.methods,
    closed,
    facts: () => ({ ...identityFacts(deps.identity), ...counts, inFlight: pending.size, ...mailbox.facts() }),
  };
}
