// The operator's own broker: says that this gateway lives and how it is, and takes no commands, so it subscribes to
// nothing. One connection a run; the caller decides when to try again.
import type { Duplex } from 'node:stream';
import {
  abortable,
  type BackoffPolicy,
  type Clock,
  type Logger,
  linkedController,
  NETWORK_BACKOFF,
  REFUSED_BACKOFF,
  type Secret,
  sleep,
  toWaymarkError,
  WaymarkError,
  withDeadline,
} from '../../core/index.js';
import { openSession, type Session } from '../../mqtt/index.js';
import type { CredentialSource, Lease } from '../../vault/index.js';
import { reasonOf, type ServiceReason } from '../reason.js';
import { announcements } from './home-assistant.js';
import { isDue, type Told } from './telling.js';
import { type FleetSelf, fleetTopics, lifeMessage } from './topics.js';

/** A client certificate as PEM, and its key. */
export interface FleetCertificate {
  cert: string;
  key: Secret;
}

export interface FleetDeps {
  clock: Clock;
  log: Logger;
  /** The road to the broker, TLS included. */
  connect(certificate: FleetCertificate | undefined, signal: AbortSignal): Promise<Duplex>;
  password?: CredentialSource<Secret> | undefined;
  /** The value is the private key; `pem` reads the certificate that belongs to it. */
  certificate?: { source: CredentialSource<Secret>; pem(): Promise<string> } | undefined;
  /** The status in short, and what of it makes a message due. */
  status(): { body: Readonly<Record<string, unknown>>; key: string };
  onChange(): void;
}

export interface FleetOptions {
  /** Of the agent, asked for at each connection. */
  self(): FleetSelf;
  gateway: string;
  topicPrefix: string;
  user?: string | undefined;
  keepaliveSeconds: number;
  intervalMs: number;
  homeAssistant: boolean;
}

export interface FleetSnapshot {
  state: 'idle' | 'connecting' | 'connected' | 'waiting' | 'stopped';
  sentence: string;
  gateway: string;
  connects: number;
  disconnects: number;
  /** Status messages the broker has taken. */
  told: number;
  lastReason?: ServiceReason;
}

export interface FleetService {
  /** One life of the connection. Ends by error or abort; on abort it says `stopped` first, within two seconds. */
  run(context: { signal: AbortSignal; ok(): void; doing(state: string): void }): Promise<void>;
  backoff(error: WaymarkError): BackoffPolicy;
  snapshot(): FleetSnapshot;
}

const CONNACK_MS = 15_000;
/** Nothing is subscribed; what comes is acknowledgements. */
const MAX_PACKET_BYTES = 4096;
const LOOK_MS = 2000;
const GOODBYE_MS = 2000;
/** Thrown out so soon, so often in a row: somebody else has the name. */
const SHORT_LIFE_MS = 5000;
const SHORT_LIVES = 3;
const NAME_OR_PASSWORD: readonly unknown[] = [4, 5];

export function createFleet(deps: FleetDeps, options: FleetOptions): FleetService {
  const { clock, log, password, certificate } = deps;
  const { gateway } = options;
  const topics = fleetTopics(options.topicPrefix, gateway);
  let state: FleetSnapshot['state'] = 'idle';
  let lastReason: ServiceReason | undefined;
  let connects = 0;
  let disconnects = 0;
  let told = 0;
  let shortLives = 0;

  const enter = (next: FleetSnapshot['state']): void => {
    state = next;
    deps.onChange();
  };
  const now = (): string => new Date(clock.wall()).toISOString();

  const refused = (error: WaymarkError, lent: Lent): WaymarkError => {
    const isCertificate = error.code === 'tls.client-refused';
    const isAccount = error.code === 'mqtt.refused' && NAME_OR_PASSWORD.includes(error.evidence?.['connack']);
    if (!isCertificate && !isAccount) return error;
    const outcome = {
      is: 'refused',
      state: 'rejected',
      reason: 'refused',
      evidence: { ...error.evidence },
    } as const;
    // With both shown the password is the likelier: a certificate the broker does not like ends the handshake.
    if (isAccount && lent.password) password?.report(lent.password, outcome);
    else if (lent.key) certificate?.source.report(lent.key, outcome);
    return new WaymarkError('fleet.refused', `the fleet’s broker refuses this gateway (${error.message})`, {
      cause: error,
      evidence: { ...error.evidence },
    });
  };

  async function connect(signal: AbortSignal): Promise<Session> {
    const lent: Lent = {
      password: await password?.get({ signal }),
      key: await certificate?.source.get({ signal }),
    };
    const shown = certificate && lent.key ? { cert: await certificate.pem(), key: lent.key.value } : undefined;
    try {
      const session = await openSession(
        { clock, log },
        {
          connect: (inner) => deps.connect(shown, inner),
          clientId: `waymark-${gateway}`,
          ...(options.user === undefined ? {} : { username: options.user }),
          ...(lent.password ? { password: lent.password.value } : {}),
          keepaliveSeconds: options.keepaliveSeconds,
          connackTimeoutMs: CONNACK_MS,
          maxPacketBytes: MAX_PACKET_BYTES,
          will: {
            topic: topics.life,
            payload: Buffer.from(lifeMessage('dead', options.self(), connects + 1)),
            qos: 1,
            retain: true,
          },
        },
        { signal },
      );
      if (lent.password) password?.report(lent.password, { is: 'ok' });
      if (lent.key) certificate?.source.report(lent.key, { is: 'ok' });
      connects++;
      return session;
    } catch (error) {
      signal.throwIfAborted();
      throw refused(toWaymarkError(error), lent);
    }
  }

  async function tell(session: Session, signal: AbortSignal, onAlive: () => void): Promise<void> {
    const keep = (topic: string, payload: string): Promise<void> =>
      abortable(session.publish(topic, payload, { qos: 1, retain: true }), signal);
    await keep(topics.life, lifeMessage('alive', options.self(), connects, now()));
    onAlive();
    if (options.homeAssistant)
      for (const { topic, payload } of announcements(options.self(), topics)) await keep(topic, payload);
    let last: Told | undefined;
    // Not a race at every look: what waits for one promise a connection long would be kept until that settles, for months.
    using life = linkedController(signal);
    void ignore(session);
    void session.closed.then((reason) => life.abort(reason));
    for (;;) {
      const { body, key } = deps.status();
      if (isDue(last, key, clock.mono(), options.intervalMs)) {
        await keep(topics.status, JSON.stringify(body));
        told++;
        last = { key, atMonoMs: clock.mono() };
      }
      await sleep(clock, LOOK_MS, life.signal);
    }
  }

  /** Some brokers subscribe for their clients. Left unread, what they send would hold back their acknowledgements. */
  async function ignore(session: Session): Promise<void> {
    let isSaid = false;
    for await (const { topic } of session.messages) {
      if (!isSaid) log.warn('fleet.unasked', { topic: topic.slice(0, 128) }, 'Nothing was subscribed: it is ignored.');
      isSaid = true;
    }
  }

  /** The broker threw us out, again and again, as soon as we were there. */
  const judged = (error: WaymarkError): WaymarkError => {
    const aliveMs = Number(error.evidence?.['aliveMs'] ?? SHORT_LIFE_MS);
    shortLives = error.code === 'mqtt.closed' && aliveMs < SHORT_LIFE_MS ? shortLives + 1 : 0;
    return shortLives < SHORT_LIVES
      ? error
      : new WaymarkError('fleet.twin', `${shortLives} connections in a row ended within seconds`, { cause: error });
  };

  return {
    async run({ signal, ok, doing }) {
      doing('connecting');
      enter('connecting');
      let session: Session | undefined;
      try {
        session = await connect(signal);
        await tell(session, signal, () => {
          lastReason = undefined;
          enter('connected');
          ok();
        });
      } catch (thrown) {
        if (session) disconnects++;
        if (signal.aborted) {
          await goodbye(session);
          enter('stopped');
          throw thrown;
        }
        const error = session ? judged(toWaymarkError(thrown)) : toWaymarkError(thrown);
        lastReason = reasonOf(error);
        enter('waiting');
        throw error;
      } finally {
        await session?.close();
      }
    },
    backoff: ({ code }) =>
      code.startsWith('fleet.') || code.startsWith('credential.') ? REFUSED_BACKOFF : NETWORK_BACKOFF,
    snapshot: () => ({
      state,
      sentence: sentenceOf(state, lastReason),
      gateway,
      ...{ connects, disconnects, told },
      ...(lastReason ? { lastReason } : {}),
    }),
  };

  /** So that nobody is sent to a gateway that was switched off on purpose. */
  async function goodbye(session: Session | undefined): Promise<void> {
    await withDeadline({ clock, ms: GOODBYE_MS, what: 'goodbye to the fleet’s broker' }, () =>
      session
        ? session.publish(topics.life, lifeMessage('stopped', options.self(), connects, now()), {
            qos: 1,
            retain: true,
          })
        : Promise.resolve(),
    ).catch(() => undefined);
  }
}

interface Lent {
  password: Lease<Secret> | undefined;
  key: Lease<Secret> | undefined;
}

function sentenceOf(state: FleetSnapshot['state'], reason: ServiceReason | undefined): string {
  switch (state) {
    case 'idle':
      return 'Not connected to the fleet’s broker yet.';
    case 'connecting':
      return reason === undefined
        ? 'Connecting to the fleet’s broker.'
        : `Connecting to the fleet’s broker again, after: ${reason.message}.`;
    case 'connected':
      return 'Connected to the fleet’s broker.';
    case 'waiting':
      return `Not connected to the fleet’s broker: ${reason?.message ?? 'unknown'}.`;
    case 'stopped':
      return 'Said goodbye to the fleet’s broker.';
  }
}
