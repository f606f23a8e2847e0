// Self-registration at work: the steps of enrol-machine.ts, each written to the journal before it is taken, so that an end
// of the power anywhere is repaired at the next start. The pair that comes of it is on the disk before anything else is
// done with it, is tried by a login, and only then the application token's file is erased.
import { abortable, type Clock, type Logger, type Secret, toWaymarkError, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import type { CredentialOutcome, CredentialSource, Slot } from '../../vault/index.js';
import { type CallEnd, createEnrolCalls } from './enrol-calls.js';
import { deviceBody, type EnrolHardware, readTags } from './enrol-device.js';
import type { LosantIdentity } from './enrol-identity.js';
import {
  type EnrolEffect,
  type EnrolEvent,
  type EnrolMode,
  type EnrolState,
  enrolStep,
  initialEnrolment,
  keyName,
} from './enrol-machine.js';
import { createAuthFetch, provePair } from './prove-pair.js';

export interface LosantEnrolmentDeps {
  http: HttpsClient;
  clock: Clock;
  log: Logger;
  slots: {
    identity: Pick<Slot<LosantIdentity>, 'read' | 'write'>;
    journal: Pick<Slot<EnrolState>, 'read' | 'write'>;
  };
  /** The enrolment token (operator) or the application token. */
  token: CredentialSource<Secret>;
  hardware(signal: AbortSignal): Promise<EnrolHardware>;
  /** Erases the application token's file; once more is no error. */
  eraseToken(): Promise<void>;
  agentVersion: string;
  ca?: readonly string[] | undefined;
}

export interface LosantEnrolmentOptions {
  mode: EnrolMode;
  /** operator: the endpoint. */
  url?: string | undefined;
  apiUrl: string;
  /** application-token: needed. */
  applicationId?: string | undefined;
  /** `key=value` each. */
  tags: readonly string[];
  keepToken: boolean;
  /** Each gets an attribute of the device. */
  credentialIds?: readonly string[] | undefined;
}

export interface EnrolmentSnapshot {
  /** `pending`: the operator has to approve. `stopped`: a person has to act. `waiting`: tried again. */
  state: 'idle' | 'working' | 'pending' | 'waiting' | 'stopped' | 'done';
  sentence: string;
  /** Error code. */
  reason?: string;
  /** Names of access keys that may exist and that nobody has the secret of: to be disabled in the portal. */
  orphans: readonly string[];
  /** Devices of the same hardware that are not used. */
  others: readonly string[];
}

export interface LosantEnrolment {
  /**
   * The identity; made, if there is none. Concurrent calls share one run. Errors: `losant.*`, those of the token, of the
   * road and of the vault, the abort reason; call again after `retryAfterMs` or a pause, or when a person has acted.
   */
  ensure(options: { signal: AbortSignal }): Promise<LosantIdentity>;
  snapshot(): EnrolmentSnapshot;
}

const IMEI = /^\d{14,17}$/;

export function createLosantEnrolment(deps: LosantEnrolmentDeps, options: LosantEnrolmentOptions): LosantEnrolment {
  const { slots } = deps;
  const log = deps.log.child('losant.enrol');
  const calls = createEnrolCalls(deps.http, { ...options, ca: deps.ca });
  let running: Promise<LosantIdentity> | undefined;
  let journal: EnrolState | undefined;
  let shown: Pick<EnrolmentSnapshot, 'state' | 'sentence' | 'reason'> = {
    state: 'idle',
    sentence: 'The gateway has not enrolled itself yet.',
  };
  let duplicates: readonly string[] = [];

  const keep = async (state: EnrolState): Promise<void> => {
    await slots.journal.write(state);
    journal = state;
  };

  /** One request with the token, and what its end says of the token. */
  const withToken = async <T>(
    signal: AbortSignal,
    request: (token: Secret) => Promise<CallEnd<T>>,
  ): Promise<CallEnd<T>> => {
    let lease: Awaited<ReturnType<CredentialSource<Secret>['get']>>;
    try {
      lease = await deps.token.get({ signal });
    } catch (thrown) {
      return { is: 'refused', error: toWaymarkError(thrown) };
    }
    const end = await request(lease.value);
    deps.token.report(lease, outcomeOf(end));
    return end;
  };

  const hardwareOf = async (signal: AbortSignal): Promise<EnrolHardware> => {
    const hardware = await deps.hardware(signal);
    if (IMEI.test(hardware.imei)) return hardware;
    throw new WaymarkError('losant.config', 'the module says no IMEI', {
      hint: 'Without an IMEI the gateway cannot enrol itself: look at the module, or set losant.deviceId with an access key.',
    });
  };

  const run = async (signal: AbortSignal): Promise<LosantIdentity> => {
    const kept = (await slots.identity.read())?.value;
    let identity = kept;
    let state = (await slots.journal.read())?.value;
    journal = state;
    if (identity && state?.phase === 'done') return identity;
    let hardware: EnrolHardware | undefined;
    if (!identity || !state) {
      assertConfigured(options);
      hardware = await hardwareOf(signal);
      // Another module is another device; what was begun for the one before is told by its tag.
      if (state?.imei !== hardware.imei || state.mode !== options.mode)
        state = initialEnrolment(options.mode, hardware.imei);
    }

    const perform = async (effect: EnrolEffect, current: EnrolState): Promise<EnrolEvent | 'finished'> => {
      switch (effect.do) {
        case 'find': {
          const end = await withToken(signal, (token) => calls.findDevices(token, current.imei, signal));
          if (end.is !== 'answer') throw end.error;
          return { is: 'found', devices: end.value };
        }
        case 'create': {
          hardware ??= await hardwareOf(signal);
          const body = deviceBody(hardware, readTags(options.tags), options.credentialIds ?? []);
          const end = await withToken(signal, (token) => calls.createDevice(token, body, signal));
          if (end.is === 'answer') return { is: 'created', id: end.value };
          return await failed(end, current);
        }
        case 'make-key': {
          const { deviceId, name } = effect;
          const end = await withToken(signal, (token) => calls.createKey(token, deviceId, name, signal));
          if (end.is !== 'answer') return await failed(end, current);
          identity = end.value;
          await slots.identity.write(identity);
          return { is: 'kept' };
        }
        case 'ask': {
          hardware ??= await hardwareOf(signal);
          const body = { ...hardware, agentVersion: deps.agentVersion };
          const end = await withToken(signal, (token) => calls.askOperator(token, body, signal));
          if (end.is !== 'answer') {
            if (kept && end.error.code !== 'losant.pending') return await failed(end, current);
            throw end.error;
          }
          identity = end.value;
          await slots.identity.write(identity);
          return { is: 'kept' };
        }
        case 'prove': {
          if (!identity) throw new WaymarkError('core.internal', 'nothing to prove');
          const apiUrl = identity.apiHost === undefined ? options.apiUrl : `https://${identity.apiHost}`;
          const auth = createAuthFetch(deps.http, { apiUrl, ca: deps.ca });
          const proven = await provePair(auth, identity, { signal }).catch((error: unknown) =>
            disproved(toWaymarkError(error), current, identity?.deviceId ?? ''),
          );
          if (proven.applicationId !== identity.applicationId)
            throw new WaymarkError('losant.malformed', 'the login names another application than the enrolment');
          return { is: 'proved' };
        }
        case 'erase':
          return await erase();
        case 'finish':
          return 'finished';
        case 'stop-duplicate':
          duplicates = effect.ids;
          throw new WaymarkError('losant.duplicate', `devices with this IMEI: ${effect.ids.join(', ')}`);
        case 'give-up':
          throw new WaymarkError('core.internal', 'given up without a reason');
      }
    };

    let event: EnrolEvent = { is: 'resumed', hasIdentity: kept !== undefined };
    for (;;) {
      const step = enrolStep(state, event);
      const [effect] = step.effects;
      if (!effect) throw new WaymarkError('core.internal', `${event.is} leads nowhere in ${state.phase}`);
      if (step.state !== journal) await keep(step.state);
      state = step.state;
      const next = await perform(effect, state);
      if (next === 'finished' || next.is === 'resumed') break;
      event = next;
    }
    if (!identity) throw new WaymarkError('core.internal', 'finished without an identity');
    return identity;
  };

  /** A request that made nothing is taken back in the journal; one that may have stays there as under way. */
  const failed = async (end: Exclude<CallEnd<unknown>, { is: 'answer' }>, state: EnrolState): Promise<never> => {
    if (end.is === 'refused')
      await keep(enrolStep(state, { is: 'not-made', isDeviceGone: end.error.evidence?.['http'] === 404 }).state);
    throw end.error;
  };

  /** An identity the far side does not know is given up, and made anew the next time; it and its host may be wrong. */
  const disproved = async (error: WaymarkError, state: EnrolState, deviceId: string): Promise<never> => {
    if (error.code === 'losant.refused' || error.code === 'losant.config') {
      const name = state.mode === 'operator' ? deviceId : keyName(state.imei, state.keyTries);
      const step = enrolStep(state, { is: 'disproved', name, atUtcMs: deps.clock.wall() });
      if (step.state !== state) {
        await keep(step.state);
        log.warn('losant.identity-refused', { name, error: error.code }, 'Another is asked for.');
      }
    }
    throw error;
  };

  /** The identity works without it: a file that cannot be erased is said, and tried again at the next start. */
  const erase = async (): Promise<EnrolEvent | 'finished'> => {
    if (options.keepToken) return { is: 'erased' };
    try {
      await deps.eraseToken();
      return { is: 'erased' };
    } catch (thrown) {
      log.warn('losant.token-not-erased', { code: toWaymarkError(thrown).code });
      return 'finished';
    }
  };

  const ensure = async (signal: AbortSignal): Promise<LosantIdentity> => {
    shown = { state: 'working', sentence: 'The gateway enrols itself at Losant.' };
    duplicates = [];
    try {
      const identity = await run(signal);
      shown = {
        state: 'done',
        sentence:
          journal?.phase === 'proved'
            ? 'Enrolled, but the application token’s file could not be erased: erase it by hand.'
            : 'The gateway is enrolled.',
      };
      log.info('losant.enrolled', { device: identity.deviceId, others: journal?.others, orphans: journal?.orphans });
      return identity;
    } catch (thrown) {
      const error = toWaymarkError(thrown);
      const state = error.code === 'losant.pending' ? 'pending' : error.retry === 'operator' ? 'stopped' : 'waiting';
      shown = { state, sentence: `${error.message}. ${error.hint}`, reason: error.code };
      throw thrown;
    }
  };

  return {
    ensure({ signal }) {
      running ??= ensure(signal).finally(() => {
        running = undefined;
      });
      return abortable(running, signal);
    },
    snapshot: () => ({
      ...shown,
      orphans: journal?.orphans ?? [],
      others: [...new Set([...(journal?.others ?? []), ...duplicates])],
    }),
  };
}

function assertConfigured({ mode, url, applicationId }: LosantEnrolmentOptions): void {
  if (mode === 'operator' && url === undefined)
    throw new WaymarkError('losant.config', 'no endpoint to enrol at', { hint: 'Set losant.enrol.url.' });
  if (mode === 'application-token' && applicationId === undefined)
    throw new WaymarkError('losant.config', 'no application to enrol in', { hint: 'Set losant.applicationId.' });
}

function outcomeOf(end: CallEnd<unknown>): CredentialOutcome {
  if (end.is === 'answer') return { is: 'ok' };
  const { code, evidence = {}, retryAfterMs } = end.error;
  if (code === 'losant.token-refused') return { is: 'refused', state: 'rejected', reason: 'refused', evidence };
  if (code === 'losant.scope') return { is: 'refused', state: 'rejected', reason: 'scope', evidence };
  if (code === 'losant.pending' || code === 'losant.duplicate') return { is: 'ok' };
  return { is: 'weather', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
