// deviceWISE as a service: one life of the connection at a time on the road that is chosen for it, why the last one ended,
// and the app token it is made with. Waiting between two lives is the lane's; how long is said here (machine.ts).
//
//   run ──> gate ──> choose the road ──> lend the token ──> open ──> live ──> renewed, rested: from the beginning
//             |                                                        └────> error: to the lane, with the wait
//             └─ a proof takes its turn: the life in force ends for it, and begins again after it
import {
  abortReason,
  createRunner,
  linkedController,
  type Secret,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import type { Lease } from '../../vault/index.js';
import { reasonOf, type ServiceReason } from '../reason.js';
import { failureOf } from './failures.js';
import { createGate } from './gate.js';
import { liveOn } from './life.js';
import type { DeviceWiseLink } from './link.js';
import {
  AUTH_MS,
  firstServiceState,
  HTTP_LIFE_MS,
  isMqttBlocked,
  nextService,
  type ServiceEffect,
  type ServiceEvent,
  type ServiceState,
} from './machine.js';
import { ping } from './ping.js';
import { withProgress } from './progress.js';
import { createProofs } from './proofs.js';
import { rememberRefusedTokens } from './refused-tokens.js';
import { chooseRoad, type RoadChoice } from './road-choice.js';
import type { DeviceWiseDeps, DeviceWiseOptions, DeviceWiseRunContext, DeviceWiseService } from './service-types.js';
import type { RoadOpener, Tr50Road } from './types.js';
import { nextOf, sentenceOf } from './words.js';

/** How often the module is looked at while it has not said whether it has a client. */
const LOOK_MS = 1000;
const MAX_KEYS_SHOWN = 12;
/** The lane adds nothing of its own to the wait in the error. */
const LANE_POLICY = { baseMs: 1000, capMs: 1000, quickForMs: 0 };

/** While it is up. */
interface Session {
  road: Tr50Road;
  lease: Lease<Secret>;
  link?: DeviceWiseLink;
}

export function createDeviceWise(deps: DeviceWiseDeps, options: DeviceWiseOptions): DeviceWiseService {
  const { clock, log, credential } = deps;
  const gate = createGate();
  const counters = { connects: 0, disconnects: 0, methods: 0, requests: 0, timeouts: 0 };
  /** Ends the life in force, so that a proof can have the road. */
  let yieldLife: (() => void) | undefined;
  let session: Session | undefined;
  let lease: Lease<Secret> | undefined;
  let reason: ServiceReason | undefined;
  let how: string | undefined;
  let waitsFor: string | undefined;
  /** The module was asked for its client and has none, whatever it said before. */
  let isClientDenied = false;
  let handling: Promise<void> = Promise.resolve();
  /** Of the last failure, for the credential. */
  let evidence: Readonly<Record<string, string | number>> = {};
  const refusedTokens = rememberRefusedTokens();

  const perform = (effect: ServiceEffect): void => {
    if (!lease) return;
    if (effect.do === 'report-weather') credential.report(lease, { is: 'weather' });
    else if (effect.do === 'report-ok') {
      refusedTokens.delete(lease.fingerprint);
      credential.report(lease, { is: 'ok' });
    } else {
      const { retryAtMonoMs } = effect;
      refusedTokens.set(lease.fingerprint, { refusals: machine.state.refusals, untilMonoMs: retryAtMonoMs });
      credential.report(lease, { is: 'refused', state: 'rejected', reason: 'refused', evidence, retryAtMonoMs });
    }
  };
  const machine = createRunner<ServiceState, ServiceEvent, ServiceEffect>({
    initial: firstServiceState(),
    next: nextService,
    perform,
    onTransition(from, to) {
      if (to.life.is === 'online' && from.life.is !== 'online') counters.connects++;
      if (from.life.is === 'online' && to.life.is !== 'online') counters.disconnects++;
      if (to.life.is !== from.life.is) deps.onChange?.();
    },
  });

  const choose = (): RoadChoice =>
    chooseRoad({
      ...{ road: options.road, transport: options.transport, isMqttBlocked: isMqttBlocked(machine.state) },
      support: isClientDenied ? 'unsupported' : (deps.moduleSupport?.() ?? 'absent'),
    });

  const openerOf = (choice: RoadChoice): RoadOpener => {
    if (choice.is === 'wait') throw new WaymarkError('devicewise.unreachable', choice.why);
    if (choice.is === 'none') throw new WaymarkError('devicewise.no-client', choice.why);
    const opener = deps.roads[choice.name];
    if (!opener) throw new WaymarkError('devicewise.config', `there is no road ${choice.why} in this gateway`);
    return opener;
  };

  const proofs = createProofs({
    ...{ clock, credential, gate },
    opener: () => openerOf(choose()),
    yieldLife: () => yieldLife?.(),
    onChange: () => deps.onChange?.(),
  });

  /** Waits while the module has not said whether it has a client. */
  const choiceWhenKnown = async (signal: AbortSignal): Promise<RoadChoice> => {
    for (;;) {
      const choice = choose();
      if (choice.is !== 'wait') return choice;
      if (waitsFor !== choice.why) {
        waitsFor = choice.why;
        deps.onChange?.();
      }
      await sleep(clock, LOOK_MS, signal);
    }
  };

  const counted = (road: Tr50Road): Tr50Road => ({
    name: road.name,
    limits: road.limits,
    methods: road.methods,
    closed: road.closed,
    close: () => road.close(),
    facts: () => road.facts(),
    async request(commands, context) {
      counters.requests++;
      const outcomes = await road.request(commands, context);
      if (outcomes.some(({ is }) => is === 'timeout')) counters.timeouts++;
      return outcomes;
    },
  });

  const readMethods = async (methods: Tr50Road['methods']): Promise<void> => {
    try {
      for await (const call of methods) {
        counters.methods++;
        // Those of an earlier life first.
        handling = handling
          .then(() =>
            withProgress(
              clock,
              () => session?.road,
              call,
              (ended) => deps.onMethod(call, ended),
            ),
          )
          .catch((error: unknown) => log.error('devicewise.method-not-answered', { error: toWaymarkError(error) }));
        await handling;
      }
    } catch (error) {
      log.warn('devicewise.methods', { error: toWaymarkError(error).code });
    }
  };

  /** One life; returns when the next one may begin at once. */
  const live = async (context: DeviceWiseRunContext, signal: AbortSignal): Promise<void> => {
    machine.send({ is: 'begin' });
    context.doing('connecting');
    const choice = await choiceWhenKnown(signal);
    waitsFor = undefined;
    how = choice.is === 'take' ? choice.why : undefined;
    const opener = openerOf(choice);
    machine.send({ is: 'begin', road: opener.name });
    lease = await credential.get({ signal });
    const before = refusedTokens.get(lease.fingerprint);
    machine.send({ is: 'lent', generation: lease.generation, refusals: before?.refusals ?? 0 });
    const leftMs = (before?.untilMonoMs ?? 0) - clock.mono();
    if (before && leftMs > 0)
      throw new WaymarkError('credential.refused', 'this app token was refused before', { retryAfterMs: leftMs });
    const road = counted(await opener.open({ appToken: lease.value, signal }));
    try {
      signal.throwIfAborted();
      const mine: Session = { road, lease };
      session = mine;
      reason = undefined;
      machine.send({ is: 'up', nowMonoMs: clock.mono() });
      log.info('devicewise.up', { road: opener.name });
      context.doing('connected');
      context.ok();
      const isStopgap = opener.name === 'http' && options.transport === 'auto';
      const end = await liveOn({
        ...{ deps, road, lease, signal, maxCallsPerSecond: options.maxCallsPerSecond },
        maxLifeMs: isStopgap ? HTTP_LIFE_MS : undefined,
        onLink(link) {
          mine.link = link;
        },
        readMethods,
      });
      log.info('devicewise.again', { why: end });
      machine.send({ is: end });
    } finally {
      session = undefined;
      await road.close();
    }
  };

  /** A turn on the road; it ends early for a proof. */
  const turn = async (context: DeviceWiseRunContext): Promise<void> => {
    // The proof's turn comes first.
    if (proofs.count > 0) return;
    using life = linkedController(context.signal);
    yieldLife = () => life.abort();
    try {
      await live(context, life.signal);
    } catch (error) {
      if (context.signal.aborted || !life.signal.aborted) throw error;
      machine.send({ is: 'renewed' });
    } finally {
      yieldLife = undefined;
    }
  };

  /** True: the road has to be chosen anew, because the module has no client. */
  const isOtherRoadLeft = (error: unknown): boolean => {
    const isDenied = toWaymarkError(error).code === 'devicewise.no-client' && machine.state.road === 'module';
    if (isDenied) isClientDenied = true;
    return isDenied && options.road === 'auto';
  };

  const ended = (thrown: unknown): WaymarkError => {
    const error = toWaymarkError(thrown);
    const { code, message, hint, retryAfterMs } = error;
    evidence = error.evidence ?? {};
    reason = reasonOf(error);
    const nowMonoMs = clock.mono();
    machine.send({
      ...{ is: 'failed', as: failureOf(error, machine.state.road), code, nowMonoMs, random: deps.random() },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    const next = nextOf(machine.state.life);
    return new WaymarkError(code, message, {
      ...{ hint, evidence: error.evidence, cause: error.cause ?? error },
      retryAfterMs: next === undefined ? retryAfterMs : Math.max(0, next.atMonoMs - nowMonoMs),
    });
  };

  return {
    async run(context) {
      const { signal } = context;
      signal.throwIfAborted();
      try {
        for (;;) {
          signal.throwIfAborted();
          try {
            await gate.hold(signal, () => turn(context));
          } catch (error) {
            if (signal.aborted || !isOtherRoadLeft(error)) throw error;
            log.warn('devicewise.no-client', {}, 'The module has no deviceWISE client: the gateway speaks for itself.');
          }
        }
      } catch (error) {
        if (!signal.aborted) throw ended(error);
        machine.send({ is: 'stop' });
        throw abortReason(signal);
      }
    },
    backoff: () => LANE_POLICY,
    snapshot() {
      const { life, road } = machine.state;
      const next = nextOf(life);
      const isDown = life.is !== 'online';
      const keys = session?.link?.refusedKeys ?? [];
      return {
        state: life.is,
        sentence: sentenceOf({ life, how, waitsFor, isProving: proofs.count > 0, reason }),
        ...(road === undefined ? {} : { road }),
        ...(reason && isDown ? { reason } : {}),
        ...(next === undefined ? {} : { next }),
        ...counters,
        facts: {
          ...session?.road.facts(),
          ...(keys.length === 0 ? {} : { refusedKeys: keys.slice(0, MAX_KEYS_SHOWN).join(', ') }),
        },
      };
    },
    async test({ signal, value }) {
      if (session) {
        const { road, lease: lent } = session;
        await ping(road, { signal });
        credential.report(lent, { is: 'ok' });
        return;
      }
      const mine = value === undefined ? await credential.get({ signal }) : undefined;
      const token = value ?? mine?.value;
      if (!token) throw new WaymarkError('secret.absent', 'there is no app token');
      try {
        await proofs.run(token, signal);
        refusedTokens.delete(token.fingerprint);
        if (mine) credential.report(mine, { is: 'ok' });
      } catch (error) {
        const { code, evidence: found } = toWaymarkError(error);
        if (mine && code === 'devicewise.refused')
          credential.report(mine, {
            ...{ is: 'refused', state: 'rejected', reason: 'refused', evidence: { ...found } },
            retryAtMonoMs: clock.mono() + AUTH_MS,
          });
        throw error;
      }
    },
    async prove(candidate, { signal }) {
      await proofs.run(candidate, signal);
      refusedTokens.delete(candidate.fingerprint);
    },
  };
}
