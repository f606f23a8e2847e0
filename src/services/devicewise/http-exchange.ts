// Requests of one life over HTTPS, from signing in to its end. It has no connection that could be lost: it ends when the
// server answers no more, when somebody else answers, or when a session that was just handed out is refused.
import {
  abortReason,
  type Clock,
  deferred,
  isWaymarkError,
  type Logger,
  linkedController,
  onAbort,
  type Secret,
  type Timer,
  type Tr50Outcome,
  toWaymarkError,
  WaymarkError,
  withDeadline,
} from '../../core/index.js';
import type { CredentialSource } from '../../vault/index.js';
import type { Post } from './http-session.js';
import { meaningOf } from './judgement.js';
import { createMailbox } from './mailbox.js';
import { createSlots } from './slots.js';
import { encodeTr50, everyOutcome, outcomeOf, outcomesOf, type Tr50Reply } from './tr50-answer.js';
import type { RoadLimits, Tr50Road } from './types.js';
import { BUSY, type GatewayIdentity, identityFacts, MAX_COMMANDS, REQUEST_DEADLINE_MS } from './who.js';

/** Each is a connection of its own. */
const MAX_IN_FLIGHT = 2;
/** So many one after the other are the end of this road. */
const MAX_FAILURES = 3;
/** Somebody who calls one method often calls another. */
const SOON_MS = 10_000;
const SERVER_PAUSE_MS = 5000;

export interface HttpExchangeDeps {
  clock: Clock;
  log: Logger;
  post: Post;
  session: CredentialSource<Secret>;
  identity: GatewayIdentity;
}

const isAboutSession = (outcome: Tr50Outcome): boolean => outcome.is === 'failed' && meaningOf(outcome) === 'session';
/** At the root, by every command, or by the one that signs in, which was not even sent. */
const isSessionLost = (reply: Tr50Reply, outcomes: readonly Tr50Outcome[]): boolean =>
  outcomes.every(isAboutSession) || isAboutSession(outcomeOf(reply, 'auth'));

export function createHttpExchange(
  deps: HttpExchangeDeps,
  options: { pollSeconds: number; maxRequestBytes: number },
): Tr50Road {
  const { clock, log, session } = deps;
  const limits: RoadLimits = {
    maxRequestBytes: options.maxRequestBytes,
    maxInFlight: MAX_IN_FLIGHT,
    maxCommands: MAX_COMMANDS,
  };
  const life = linkedController();
  const closed = deferred<WaymarkError>();
  const slots = createSlots(clock, MAX_IN_FLIGHT);
  const counts = { requests: 0, timeouts: 0, signIns: 1 };
  const pollMs = options.pollSeconds * 1000;
  let pauseMs = pollMs;
  let poll: Timer | undefined;
  let failures = 0;
  /** Of the session last shown: several requests may find the same one forgotten. */
  let { generation } = session.status();

  const end = (error: WaymarkError): void => {
    if (life.signal.aborted) return;
    closed.resolve(error);
    poll?.cancel();
    mailbox.end();
    life.abort(error);
    slots.end();
  };

  /** With a new session once more where the server has forgotten the one shown. Errors: those of `post` and of the session. */
  const exchange = async (
    json: string,
    count: number,
    signal: AbortSignal,
    isAgain = false,
  ): Promise<Tr50Outcome[]> => {
    const lease = await session.get({ signal });
    if (lease.generation !== generation) {
      generation = lease.generation;
      counts.signIns++;
    }
    counts.requests++;
    const reply = await deps.post(json, { session: lease.value, signal });
    const outcomes = outcomesOf(reply, count);
    if (!isSessionLost(reply, outcomes)) {
      session.report(lease, { is: 'ok' });
      return outcomes;
    }
    session.report(lease, { is: 'refused', state: 'expired', reason: 'refused', evidence: { code: -90_000 } });
    if (isAgain)
      throw new WaymarkError('devicewise.session-refused', 'a session that was just handed out is refused', {
        evidence: { code: -90_000 },
      });
    // Nothing of it was carried out without a session.
    return exchange(json, count, signal, true);
  };

  /** What a failure means for the request, and for the road. */
  const failed = (error: WaymarkError): Tr50Outcome => {
    failures++;
    const isForeign = isWaymarkError(error, 'devicewise.malformed', 'devicewise.session-refused');
    const waitsForSomebody = error.retry === 'operator' || error.retry === 'never';
    if (isForeign || waitsForSomebody || failures >= MAX_FAILURES) end(error);
    const http = error.evidence?.['http'];
    // A sign-in that found the server busy, or a server that says so: nothing was tried.
    if (isWaymarkError(error, 'devicewise.unreachable') && (http === undefined || http === 429 || http === 503))
      return { is: 'busy', retryAfterMs: error.retryAfterMs ?? SERVER_PAUSE_MS };
    const isSilent = isWaymarkError(error, 'core.timeout', 'devicewise.unreachable');
    if (isSilent) counts.timeouts++;
    return { is: isSilent ? 'timeout' : 'link-lost' };
  };

  const request: Tr50Road['request'] = async (commands, { signal }) => {
    const { length } = commands;
    const encoded =
      length > MAX_COMMANDS ? { unsendable: 'too many commands' } : encodeTr50(commands, limits.maxRequestBytes);
    if ('unsendable' in encoded) return everyOutcome(length, { is: 'unsendable', reason: encoded.unsendable });
    const isUrgent = commands.every(({ command }) => command.startsWith('mailbox.'));
    const giveBack = await slots.take({ isUrgent, signal });
    if (!giveBack) return everyOutcome(length, life.signal.aborted ? { is: 'link-lost' } : BUSY);
    using both = linkedController(signal);
    const off = onAbort(life.signal, () => both.abort(abortReason(life.signal)));
    const what = commands[0]?.command ?? '';
    try {
      const outcomes = await withDeadline({ clock, ms: REQUEST_DEADLINE_MS, signal: both.signal, what }, (s) =>
        exchange(encoded.json, length, s),
      );
      failures = 0;
      mailbox.answered(commands, outcomes);
      return outcomes;
    } catch (error) {
      // Whoever asked does not wait any more; it may have its effect all the same.
      if (signal.aborted) return everyOutcome(length, { is: 'timeout' });
      if (life.signal.aborted) return everyOutcome(length, { is: 'link-lost' });
      return everyOutcome(length, failed(toWaymarkError(error)));
    } finally {
      off();
      giveBack();
    }
  };

  const mailbox = createMailbox({
    clock,
    log,
    request: async (command) => (await request([command], { signal: life.signal }))[0] ?? { is: 'link-lost' },
  });

  const look = async (): Promise<void> => {
    const found = await mailbox.check();
    if (life.signal.aborted) return;
    pauseMs = found > 0 ? Math.min(SOON_MS, pollMs) : Math.min(2 * pauseMs, pollMs);
    poll = clock.after(pauseMs, () => void look());
  };
  void look();

  return {
    name: 'http',
    limits,
    request,
    methods: mailbox.methods,
    closed: closed.promise,
    async close() {
      end(new WaymarkError('devicewise.lost', 'closed by us'));
      await closed.promise;
    },
    facts: () => ({
      ...identityFacts(deps.identity),
      ...counts,
      pollSeconds: Math.round(pauseMs / 1000),
      ...mailbox.facts(),
    }),
  };
}
