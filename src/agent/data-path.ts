// Does anything come back over the data connection? "Registered" and "has an address" do not say so; only an end-to-end
// look does: one TCP connection to a service, closed again at once. While a session is up nothing is sent: it is
// evidence enough.
//
//   unknown ──answer──→ works ──two failures in a row──→ dead ──answer──→ works
//
// Any answer counts, a refusal too: what refuses has been reached. Binding to an interface's address chooses the source
// address; whether the packets leave there is up to the host's routing rules.
import { isIP, isIPv4, type Socket, type TcpNetConnectOpts, connect as tcpConnect } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  type Clock,
  isWaymarkError,
  type Logger,
  onAbort,
  PORT_BACKOFF,
  sleep,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import type { Lane } from './lane.js';

const DEADLINE_MS = 10_000;
/** Node gives each of several addresses 250 ms, which a cellular round trip exceeds. */
const ATTEMPT_MS = 4000;
/** One failure may be a lost packet: asked for a verdict, it looks twice. */
const SECOND_LOOK_MS = 2000;
const FAILURES_FOR_DEAD = 2;

export interface ProbeTarget {
  host: string;
  port: number;
}

export interface DataPathOptions {
  /** Pause between two looks while no session is up. */
  everySeconds: () => number;
  /** `host:port`; without it `service` is asked. */
  target?: string | undefined;
  /** Network interface whose address is the source. */
  interface?: string | undefined;
}

export interface DataPathDeps {
  clock: Clock;
  log: Logger;
  /** The gateway's own service, when it is known already. */
  service: () => ProbeTarget | undefined;
  /** True while a session is up: then nothing is sent. */
  hasSession: () => boolean;
  /** Told each verdict: the road works, or `network.no-road` after two failures in a row and at each further one. */
  report: (verdict: 'works' | WaymarkError) => void;
  connect?: (options: TcpNetConnectOpts) => Socket;
  interfaces?: typeof networkInterfaces;
}

export interface DataPathSnapshot {
  state: 'unknown' | 'works' | 'dead';
  lastOkMonoMs: number | undefined;
  /** Why the last look failed. */
  lastReason: string | undefined;
}

export interface DataPath {
  /** Looks every `everySeconds` until `signal`. */
  readonly lane: Lane;
  /** Looks now, twice if need be. `unknown` when there is no target, or the look was cancelled. */
  probe(signal: AbortSignal): Promise<DataPathSnapshot['state']>;
  snapshot(): DataPathSnapshot;
}

/** `host:port` of a configuration or URL; undefined when it is neither. */
export function targetOf(text: string): ProbeTarget | undefined {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  return match?.[1] === undefined ? undefined : { host: match[1], port: Number(match[2]) };
}

export function createDataPath(deps: DataPathDeps, options: DataPathOptions): DataPath {
  const { clock, log } = deps;
  let state: DataPathSnapshot['state'] = 'unknown';
  let lastOkMonoMs: number | undefined;
  let lastReason: string | undefined;
  let failures = 0;
  let looking: Promise<void> | undefined;

  const works = (): void => {
    if (state !== 'works') log.info('data-path', { state: 'works' });
    state = 'works';
    lastOkMonoMs = clock.mono();
    lastReason = undefined;
    failures = 0;
  };
  const failed = (error: WaymarkError): void => {
    lastReason = error.message;
    failures++;
    if (failures < FAILURES_FOR_DEAD) return;
    if (state !== 'dead') log.warn('data-path', { state: 'dead', error });
    state = 'dead';
    deps.report(error);
  };

  /** One connection. Ends in `works` or `failed`; rejects only when cancelled. */
  async function look(target: ProbeTarget, signal: AbortSignal): Promise<void> {
    try {
      await reach(target, { ...deps, interfaceName: options.interface }, signal);
      works();
      deps.report('works');
    } catch (error) {
      if (signal.aborted || !isWaymarkError(error, 'network.no-road')) throw error;
      failed(error);
    }
  }

  /** True when there was something to look at. Two that ask at once share one look. */
  async function lookOnce(signal: AbortSignal): Promise<boolean> {
    if (deps.hasSession()) {
      works();
      return true;
    }
    const target = options.target === undefined ? deps.service() : targetOf(options.target);
    if (!target) return false;
    looking ??= look(target, signal).finally(() => {
      looking = undefined;
    });
    await looking;
    return true;
  }

  return {
    lane: {
      name: 'data-path',
      async run({ signal, ok }) {
        ok();
        for (;;) {
          await sleep(clock, options.everySeconds() * 1000, signal);
          // A look that somebody else began and cancelled is not ours to fail by.
          await lookOnce(signal).catch((error: unknown) => {
            if (signal.aborted) throw error;
          });
        }
      },
      policy: () => PORT_BACKOFF,
    },
    async probe(signal) {
      try {
        if (!(await lookOnce(signal))) return 'unknown';
        if (failures > 0 && failures < FAILURES_FOR_DEAD) {
          await sleep({ ...clock, after: clock.deadline }, SECOND_LOOK_MS, signal);
          await lookOnce(signal);
        }
      } catch (error) {
        log.debug('data-path.cancelled', { error });
        return 'unknown';
      }
      return failures === 0 ? 'works' : 'dead';
    },
    snapshot: () => ({ state, lastOkMonoMs, lastReason }),
  };
}

type Step = 'interface' | 'name' | 'connect';

const noRoad = (step: Step, message: string, code: string, cause?: unknown): WaymarkError =>
  new WaymarkError('network.no-road', message, {
    evidence: { step, ...(code === '' ? {} : { code }) },
    ...(cause === undefined ? {} : { cause }),
  });

/** Answers that prove that somebody is there. */
const ANSWERED = ['ECONNREFUSED', 'ECONNRESET'];
const NAME_CODES = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ESERVFAIL'];

/** All system codes of an error; a race between addresses ends with a list. */
function codesOf(error: unknown): string[] {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  return [...(typeof code === 'string' ? [code] : []), ...(Array.isArray(errors) ? errors.flatMap(codesOf) : [])];
}

/** The address packets shall come from: IPv4 before IPv6, never link-local. */
function sourceAddress(name: string, interfaces: typeof networkInterfaces): string {
  const all = interfaces()[name];
  if (!all) throw noRoad('interface', `the network interface ${name} is not there yet`, '');
  const usable = all.filter(({ family, address }) => family === 'IPv4' || !/^fe[89ab]/i.test(address));
  const found = usable.find(({ family }) => family === 'IPv4') ?? usable[0];
  if (!found) throw noRoad('interface', `the network interface ${name} has no address yet`, '');
  return found.address;
}

/** Resolves when the far side has answered in any way. Errors: `network.no-road`, the abort reason. */
async function reach(
  target: ProbeTarget,
  deps: Pick<DataPathDeps, 'clock' | 'connect' | 'interfaces'> & { interfaceName: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { clock, interfaceName, connect = tcpConnect, interfaces = networkInterfaces } = deps;
  const what = `${target.host}:${target.port}`;
  const localAddress = interfaceName === undefined ? undefined : sourceAddress(interfaceName, interfaces);
  let step: Step = isIP(target.host) ? 'connect' : 'name';
  const attempt = (abort: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({
        ...target,
        ...(localAddress === undefined
          ? { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT_MS }
          : { localAddress, family: isIPv4(localAddress) ? 4 : 6 }),
      });
      const end = (settle: () => void): void => {
        off();
        socket.destroy();
        settle();
      };
      const off = onAbort(abort, () => {
        // Left alone it would go on trying.
        socket.destroy();
      });
      socket.once('lookup', () => {
        step = 'connect';
      });
      socket.once('connect', () => end(resolve));
      // Stays: a late error must not end the process.
      socket.on('error', (cause) => {
        const codes = codesOf(cause);
        if (codes.some((code) => ANSWERED.includes(code))) end(resolve);
        else {
          const code = codes[0] ?? '';
          const where = codes.some((each) => NAME_CODES.includes(each)) ? 'name' : 'connect';
          const words = where === 'name' ? `${target.host}: the name is not found` : `${what}: no way there`;
          end(() => reject(noRoad(where, `${words} (${code || cause.message})`, code, cause)));
        }
      });
    });
  try {
    await withDeadline({ clock, ms: DEADLINE_MS, signal, what: `connection to ${what}` }, attempt);
  } catch (error) {
    if (signal.aborted || !isWaymarkError(error, 'core.timeout')) throw error;
    const words = step === 'name' ? `${target.host}: the name look-up does not end` : `${what}: no answer`;
    throw noRoad(step, `${words} within ${DEADLINE_MS / 1000} s`, '', error);
  }
}
