// One connection over MQTT, from the loan of the key to its end. It ends by the broker, by the road, or because the key
// was replaced; then the caller begins the next one.
import {
  type CloudRecord,
  deferred,
  linkedController,
  onAbort,
  sleep,
  toWaymarkError,
  type WaymarkError,
} from '../../core/index.js';
import { openSession, type Session } from '../../mqtt/index.js';
import { commandTopic, createMqttLink } from './link.js';
import type { PairLease } from './oracle.js';
import type { LosantRest } from './rest.js';
import type { SendWindow } from './send-window.js';
import type { StateAnswer } from './state.js';
import type { Trouble } from './trouble.js';
import type { LosantDeps, LosantOptions } from './types.js';

const CONNACK_MS = 15_000;
const MAX_PACKET_BYTES = 262_144;
/** Key and secret are two files: the second is given time to change as well. */
const SETTLE_MS = 3000;
const USABLE: readonly string[] = ['valid', 'expiring'];

export interface LifeParts {
  deps: LosantDeps;
  options: LosantOptions;
  rest: LosantRest;
  window: SendWindow;
  trouble: Trouble;
  stateOf(record: CloudRecord): StateAnswer;
}

export interface LifeContext {
  signal: AbortSignal;
  /** After CONNACK. */
  onUp(): void;
}

/** Resolves when the key was replaced; everything else is an error. */
export async function liveOnMqtt(parts: LifeParts, { signal, onUp }: LifeContext): Promise<void> {
  const { deps, rest, trouble } = parts;
  const isRefused = !USABLE.includes(deps.credentials.accessSecret?.status().state ?? 'missing');
  if (isRefused) {
    // The key was refused before: the API is asked, and the broker left alone until it is good again.
    const answer = await rest.oracle.ask({ signal });
    if (answer.is !== 'good') throw answer.error;
  }
  const pair = await rest.oracle.lend({ signal });
  trouble.spendConnect();
  const session = await connect(parts, pair, signal);
  rest.oracle.worked(pair);
  onUp();
  try {
    await serve(parts, session, pair, signal);
  } finally {
    await session.close();
  }
}

async function connect(parts: LifeParts, pair: PairLease, signal: AbortSignal): Promise<Session> {
  const { deps, options, rest, trouble } = parts;
  let isRoadUp = false;
  try {
    return await openSession(
      deps,
      {
        async connect(s) {
          const stream = await deps.connect(s);
          isRoadUp = true;
          return stream;
        },
        clientId: options.deviceId,
        username: pair.key.value.reveal(),
        password: pair.secret.value,
        keepaliveSeconds: options.keepaliveSeconds,
        connackTimeoutMs: CONNACK_MS,
        maxPacketBytes: MAX_PACKET_BYTES,
      },
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw await trouble.refused(toWaymarkError(error), isRoadUp, (evidence) =>
      rest.oracle.ask({ signal, evidence, pair }),
    );
  }
}

async function serve(parts: LifeParts, session: Session, pair: PairLease, signal: AbortSignal): Promise<void> {
  const { deps, rest, window, trouble } = parts;
  const { clock, log } = deps;
  using life = linkedController(signal);
  const ended = deferred<WaymarkError | 'renewed'>();
  // Ends the reader as well.
  const off = onAbort(signal, () => void session.close());
  void session.closed.then((error) => ended.resolve(error));
  const forget = watchPair(parts, pair, life.signal, () => ended.resolve('renewed'));
  const failed = deferred<never>();
  failed.promise.catch(() => undefined);
  const inBackground = (what: string, work: Promise<unknown> | undefined): void => {
    work?.catch((error: unknown) => {
      if (!life.signal.aborted) log.warn('losant.background', { what, error: toWaymarkError(error).code });
    });
  };
  readCommands(parts, session).catch((error: unknown) => failed.reject(toWaymarkError(error)));
  inBackground('subscribe', subscribe(parts, session));
  const { applicationId } = rest;
  const ids = { deviceId: rest.deviceId, ...(applicationId === undefined ? {} : { applicationId }) };
  inBackground('catch-up', deps.onUp?.(ids, life.signal));
  const link = createMqttLink({
    clock,
    rest,
    window,
    session,
    stateOf: (record) => parts.stateOf(record),
    onTrouble: (error) => log.warn('losant.batch', { error: error.code }),
  });
  deps.outbox.drain(link, { signal: life.signal }).catch((error: unknown) => failed.reject(toWaymarkError(error)));
  try {
    const reason = await Promise.race([ended.promise, failed.promise]);
    signal.throwIfAborted();
    if (reason !== 'renewed') throw trouble.dropped(reason, window.count());
    log.info('losant.renewed', {});
  } finally {
    forget();
    off();
    life.abort();
  }
}

async function readCommands({ deps, rest }: LifeParts, session: Session): Promise<void> {
  const topic = commandTopic(rest.deviceId);
  // One after the other: what comes faster than it is answered waits in the session, which reads no more then.
  for await (const message of session.messages)
    if (message.topic === topic) await deps.onCommand?.(message.payload, message.retain);
}

async function subscribe({ deps, rest }: LifeParts, session: Session): Promise<void> {
  const { refused } = await session.want([commandTopic(rest.deviceId)]);
  // State still goes up, and commands are fetched at each connection.
  if (refused.length > 0) deps.log.warn('losant.no-commands', { refused: refused.length });
}

/** Calls back once key or secret has another value, and both have had time to change. */
function watchPair({ deps }: LifeParts, pair: PairLease, signal: AbortSignal, onRenewed: () => void): () => void {
  const { accessKey, accessSecret } = deps.credentials;
  let isSettling = false;
  const look = (): void => {
    const isSame =
      accessKey?.status().generation === pair.key.generation &&
      accessSecret?.status().generation === pair.secret.generation;
    if (isSame || isSettling) return;
    isSettling = true;
    sleep(deps.clock, SETTLE_MS, signal).then(onRenewed, () => undefined);
  };
  const offs = [accessKey?.onChange(look), accessSecret?.onChange(look)];
  look();
  return () => offs.forEach((off) => off?.());
}
