// One caster and our account there: which version of NTRIP it speaks, and whether it may still hold our last place. Both
// are found out by connecting, and remembered.
import { type Clock, type Logger, type Secret, WaymarkError } from '../../core/index.js';
import { askCaster, type CasterAnswer, type CasterConnection, type NtripTarget, type OpenNtrip } from './connection.js';
import { refusalError } from './refusal.js';
import type { NtripVersion } from './request.js';
import { accountOf, type SlotMemory } from './slot.js';

export interface CasterDeps {
  open: OpenNtrip;
  clock: Clock;
  log: Logger;
  slots: SlotMemory;
  /** Told before each request. */
  asking: () => void;
}

export interface CasterOptions {
  target: NtripTarget;
  userName?: string | undefined;
  password?: Secret | undefined;
  protocol: 'auto' | NtripVersion;
  agentVersion: string;
}

export interface Caster {
  /**
   * An accepted connection; its place counts as taken until it is closed. Errors: those of `askCaster`, `ntrip.*`,
   * `http.redirect`. A 401 that our own last session explains is `ntrip.unavailable` with the time to wait.
   */
  connect(mountPoint: string, signal: AbortSignal): Promise<CasterConnection>;
  /** As the caster answered last, otherwise as it would be asked. */
  readonly version: NtripVersion;
  readonly answeredIn: NtripVersion | undefined;
  readonly requestBytes: number;
}

export function createCaster(deps: CasterDeps, options: CasterOptions): Caster {
  const { clock, slots } = deps;
  const { target } = options;
  const account = accountOf({ host: target.host, userName: options.userName });
  let version: NtripVersion = options.protocol === '1' ? '1' : '2';
  let isVersionKnown = options.protocol !== 'auto';
  let answeredIn: NtripVersion | undefined;
  let requestBytes = 0;

  const ask = async (mountPoint: string, asked: NtripVersion, signal: AbortSignal): Promise<CasterAnswer> => {
    deps.asking();
    const { userName, password, agentVersion } = options;
    const request = { target, account: { mountPoint, userName, password }, version: asked, agentVersion };
    const answer = await askCaster(deps, request, signal);
    requestBytes += answer.requestBytes;
    return answer;
  };

  const explained = (error: WaymarkError): WaymarkError => {
    if (error.code !== 'ntrip.unauthorized' || options.userName === undefined) return error;
    const retryAfterMs = slots.explains(account);
    if (retryAfterMs === undefined) return error;
    return new WaymarkError('ntrip.unavailable', `${error.message}; another session of ours may still hold the place`, {
      evidence: error.evidence,
      retryAfterMs,
      hint: 'A caster allows one connection an account; it is tried again once the last one has certainly ended.',
    });
  };

  return {
    async connect(mountPoint, signal) {
      let answer = await ask(mountPoint, version, signal);
      // It answers as one that knows only version 1 would: asked again in that, and believed if it then agrees.
      if (answer.is === 'refusal' && answer.maybeVersion1 && !isVersionKnown) {
        deps.log.info('ntrip.version-1', { line: answer.line });
        answer = await ask(mountPoint, '1', signal);
        if (answer.is === 'stream') version = '1';
      }
      if (answer.is === 'refusal') throw explained(refusalError(answer, `${target.host}/${mountPoint}`, clock.wall()));
      isVersionKnown = true;
      const { connection } = answer;
      answeredIn = connection.version;
      slots.opened(account);
      return {
        ...connection,
        close: async () => {
          await connection.close();
          slots.closed(account);
        },
      };
    },
    get version() {
      return answeredIn ?? version;
    },
    get answeredIn() {
      return answeredIn;
    },
    get requestBytes() {
      return requestBytes;
    },
  };
}
