// The simulated deviceWISE platform behind its fronts (specs/devicewise.md 2 and 5.2): admission, commands, mailboxes,
// server topics. Healthy by default; what is not known for certain is a knob (settings.ts).
import { join } from 'node:path';
import type { Clock, Logger } from '../../../core/index.js';
import { mistake } from '../../fields.js';
import { openDeviceWiseAccount, type Thing } from './account.js';
import { createAdmission } from './admission.js';
import { answerOf, type Outcome, rootFailureOf } from './answers.js';
import type { Cloud } from './command.js';
import type { CallOptions, RootCause, SimDeviceWisePlatform, ThingSeen } from './control.js';
import { createExecutor } from './execute.js';
import { createLedger, keep } from './ledger.js';
import { createMailbox } from './mailbox.js';
import { createOrganisation } from './organisation.js';
import { createRate } from './rate.js';
import { readRequest } from './request.js';
import { DEFAULT_DEVICEWISE_SETTINGS } from './settings.js';
import { createShelf, type Shelf } from './shelf.js';
import { readTopic } from './topic.js';
import type { Json, ThingSession, Tr50Reply } from './types.js';

export interface DeviceWisePlatformDeps {
  clock: Clock;
  log: Logger;
  /** Kept in it, as `devicewise.json`; without it nothing outlives the process. */
  folder?: string;
  /** The same seed gives the same ready token; without it one is made up. */
  seed?: string;
}

/** Opens the platform. Its token and everything an administrator has done are as they were before a restart. */
export function createDeviceWisePlatform({ clock, log, folder, seed }: DeviceWisePlatformDeps): SimDeviceWisePlatform {
  const account = openDeviceWiseAccount(folder === undefined ? undefined : join(folder, 'devicewise.json'), seed);
  const ledger = createLedger();
  let settings = DEFAULT_DEVICEWISE_SETTINGS;
  const getSettings = (): typeof settings => settings;
  const listeners = new Set<(thingKey: string) => void>();
  const shelves = new Map<string, Shelf>();
  const connected = new Set<string>();
  const contacts = new Map<string, { lastSeenMs: number; calls: number }>();
  const rate = createRate(clock, () => settings.callsPerSecond);

  const mailbox = createMailbox({
    ...{ clock, account, settings: getSettings },
    notify: (thingKey) => {
      for (const listener of [...listeners]) listener(thingKey);
    },
  });
  const shelf = (thingKey: string): Shelf => {
    const known = shelves.get(thingKey);
    if (known) return known;
    const fresh = createShelf(() => settings.recordsPerThing);
    // Only things that are there get one that is kept.
    if (account.things.some(({ key }) => key === thingKey)) shelves.set(thingKey, fresh);
    return fresh;
  };
  const cloud: Cloud = {
    ...{ clock, account, mailbox, shelf, settings: getSettings },
    isConnected: (thingKey) => connected.has(thingKey),
    contact: (thingKey) => contacts.get(thingKey) ?? { lastSeenMs: 0, calls: 0 },
  };
  const see = ({ key, id, name, defKey, createdBy, tags, boundTo, module }: Thing): ThingSeen => ({
    ...{ key, id, name, defKey, createdBy, tags: [...tags] },
    ...{ isBound: boundTo !== undefined, isConnected: connected.has(key), stored: shelf(key).stored },
    waiting: mailbox.of(key).filter(({ state }) => state === 'queued' || state === 'delivered').length,
    ...(module === undefined ? {} : { module }),
  });
  const organisation = createOrganisation({
    ...{ clock, account, see },
    forget(thingKey) {
      shelves.delete(thingKey);
      contacts.delete(thingKey);
      rate.forget(thingKey);
      mailbox.forget(thingKey);
    },
  });
  const admit = createAdmission({ clock, account, ledger, settings: getSettings });
  const executor = createExecutor(cloud, (thingKey) => rate.take(thingKey));

  const touch = (thingKey: string, calls: number): void => {
    if (!account.things.some(({ key }) => key === thingKey)) return;
    contacts.set(thingKey, { lastSeenMs: clock.wall(), calls: cloud.contact(thingKey).calls + calls });
  };
  const rootFailure = (cause: RootCause): Tr50Reply => rootFailureOf(cause, settings);
  const note = (thingKey: string, id: string, command: string, outcome: Outcome): void => {
    const isOk = outcome.is === 'ok';
    keep(ledger.outcomes, {
      ...{ thingKey, atMs: clock.wall(), id: id.slice(0, 64), command: command.slice(0, 64), isOk },
      notes: isOk ? (outcome.notes ?? []) : [],
      ...(isOk ? {} : { why: `${outcome.kind}: ${outcome.detail}` }),
    });
  };
  const mail = (thingKey: string, message: { command: string; method?: string; params?: unknown } & CallOptions) => {
    if (!account.things.some(({ key }) => key === thingKey)) throw mistake('there is no such thing');
    return mailbox.post({ thingKey, ...message });
  };

  return {
    admit(who) {
      const verdict = admit(who);
      if (verdict.is === 'welcome') mailbox.returned(verdict.session.thingKey);
      else log.debug('devicewise.refused', { connack: verdict.connack, why: verdict.why });
      return verdict;
    },
    execute(session, payload) {
      const { thingKey, token } = session;
      const { roles, isGone } = organisation.rolesOf(token);
      const reading = readRequest(payload);
      const cause = isGone && settings.removedToken === 'fails' ? 'session' : reading.is === 'failed' && reading.cause;
      const entries = reading.is === 'request' ? reading.entries : [];
      keep(ledger.requests, {
        ...{ thingKey, atMs: clock.wall(), bytes: payload.byteLength },
        commands: cause === false ? entries.map(({ command }) => command ?? '') : [],
        ...(cause === false ? {} : { rootFailure: cause }),
      });
      if (cause !== false) return rootFailure(cause);
      touch(thingKey, entries.length);
      const answers: [string, Json][] = entries.map(({ id, command, params }) => {
        const outcome = executor.run(session, command, params, roles);
        note(thingKey, id, command ?? '', outcome);
        return [id, answerOf(outcome, settings)];
      });
      return Object.fromEntries(answers);
    },
    serverTopic(session: ThingSession, topic, payload) {
      const { thingKey, token } = session;
      const { roles, isGone } = organisation.rolesOf(token);
      const reading = isGone && settings.removedToken === 'fails' ? undefined : readTopic(topic, payload);
      const outcome = reading && executor.run(session, reading.command, reading.params, roles);
      touch(thingKey, 1);
      const why = outcome === undefined ? 'no such topic' : outcome.is === 'failed' ? outcome.detail : undefined;
      keep(ledger.topics, {
        ...{ thingKey, atMs: clock.wall(), topic: topic.slice(0, 200), bytes: payload.byteLength },
        isStored: why === undefined,
        ...(why === undefined ? {} : { why }),
      });
    },
    onMailbox(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hasMail: (thingKey) => mailbox.hasMail(thingKey),
    setConnected(thingKey, isConnected) {
      if (isConnected) connected.add(thingKey);
      else connected.delete(thingKey);
      touch(thingKey, 0);
    },

    get appToken() {
      return account.appToken;
    },
    get settings() {
      return settings;
    },
    configure(changes) {
      settings = { ...settings, ...changes };
    },
    ledger,
    tokens: organisation.tokens,
    things: organisation.things,
    define: (definition) => organisation.define(definition),
    stored: (thingKey) => shelf(thingKey).stored,
    method: (thingKey, name, params, options = {}) =>
      mail(thingKey, {
        ...{ command: 'method.exec', method: name },
        ...(params === undefined ? {} : { params }),
        ...options,
      }),
    mail: (thingKey, command, params, options = {}) =>
      mail(thingKey, { command, ...(params === undefined ? {} : { params }), ...options }),
    methodsOf: (thingKey) => mailbox.of(thingKey),
    rootFailure,
  };
}
