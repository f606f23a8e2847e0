// Roads that answer as a test says, an outbox that hands over its link, and an app token that can be replaced and refused.
import {
  AsyncQueue,
  aborted,
  abortReason,
  type CloudLink,
  type CloudRecord,
  createFakeClock,
  deferred,
  type FakeClock,
  type MethodCall,
  onAbort,
  Secret,
  silentLogger,
  type Tr50Command,
  type Tr50Outcome,
  WaymarkError,
} from '../../../src/core/index.js';
import {
  createDeviceWise,
  type DeviceWiseOptions,
  type DeviceWiseService,
  type RoadLimits,
  type RoadName,
  type RoadOpener,
  type Tr50Road,
} from '../../../src/services/index.js';
import type { CredentialOutcome, CredentialSource } from '../../../src/vault/index.js';

export const never = new AbortController().signal;
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
export const STAMP = '2026-01-02T03:04:05.678Z';
export const GATEWAY: RoadLimits = { maxRequestBytes: 32_768, maxInFlight: 8, maxCommands: 25 };
export const MODULE: RoadLimits = { maxRequestBytes: 1400, maxInFlight: 1, maxCommands: 1 };
export const OK: Tr50Outcome = { is: 'ok', params: {} };
export const failure = (message: string, ...codes: number[]): Tr50Outcome => ({
  is: 'failed',
  codes,
  messages: [message],
});

export const record = (kind: CloudRecord['kind'], body: CloudRecord['body'], n = 7): CloudRecord => ({
  ...{ id: `3-${n}`, kind, class: 'A', utcMs: NOW, timeQuality: 'utc', boot: 3, monoMs: 0, body },
});
export const position = (n: number): CloudRecord =>
  record(
    'position',
    { latitudeDeg: 48 + n / 1000, longitudeDeg: -9.5, quality: '3d', source: 'receiver', ageMs: 0 },
    n,
  );

/** What is answered to one command. */
export type Answer = (command: Tr50Command) => Tr50Outcome | Promise<Tr50Outcome>;

/** Answers each command of a request by itself, and remembers the requests. */
export function scripted(answer: Answer = () => OK): Tr50Road['request'] & { requests: Tr50Command[][] } {
  const requests: Tr50Command[][] = [];
  const request: Tr50Road['request'] = async (commands) => {
    requests.push([...commands]);
    return await Promise.all(commands.map(async (command) => await answer(command)));
  };
  return Object.assign(request, { requests });
}

export interface FakeOpener extends RoadOpener {
  /** The token of each opening. */
  opened: string[];
  /** Of the road that is open. */
  end(error?: WaymarkError): void;
  call(call: MethodCall): void;
  requests: Tr50Command[][];
  /** How many are open now. */
  count: number;
}

export interface OpenerScript {
  limits?: RoadLimits;
  /** Throws what the opening ends with. */
  open?: (token: string, signal: AbortSignal) => void | Promise<void>;
  answer?: Answer;
}

export function opener(name: RoadName, { limits = GATEWAY, open, answer }: OpenerScript = {}): FakeOpener {
  let closed = deferred<WaymarkError>();
  let methods = new AsyncQueue<MethodCall>();
  const request = scripted(answer);
  const self: FakeOpener = {
    name,
    opened: [],
    count: 0,
    requests: request.requests,
    end: (error = new WaymarkError('devicewise.lost', 'it ended')) => closed.resolve(error),
    call: (call) => void methods.push(call),
    async open({ appToken, signal }) {
      self.opened.push(appToken.reveal());
      await open?.(appToken.reveal(), signal);
      if (signal.aborted) throw abortReason(signal);
      self.count++;
      closed = deferred<WaymarkError>();
      methods = new AsyncQueue<MethodCall>();
      const mine = methods;
      let isOpen = true;
      return {
        ...{ name, limits, request, methods, closed: closed.promise },
        close() {
          if (isOpen) self.count--;
          isOpen = false;
          mine.end();
          return Promise.resolve();
        },
        facts: () => ({ thing: '…1234' }),
      };
    },
  };
  return self;
}

/** Rejects when the signal aborts, and not before. */
export const hanging = (_token: string, signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => void onAbort(signal, () => reject(abortReason(signal))));

export interface FakeToken extends CredentialSource<Secret> {
  outcomes: CredentialOutcome[];
  replace(value: string): void;
}

export function appToken(clock: FakeClock, first = 'token-1'): FakeToken {
  let value = new Secret('app-token', first);
  let generation = 1;
  let refused: Extract<CredentialOutcome, { is: 'refused' }> | undefined;
  const listeners = new Set<() => void>();
  const outcomes: CredentialOutcome[] = [];
  const announce = (): void => listeners.forEach((listener) => listener());
  return {
    outcomes,
    replace(text) {
      value = new Secret('app-token', text);
      generation++;
      refused = undefined;
      announce();
    },
    async get() {
      const left = (refused?.retryAtMonoMs ?? 0) - clock.mono();
      if (refused && left > 0) throw new WaymarkError('credential.refused', 'refused', { retryAfterMs: left });
      return { value, generation, fingerprint: value.fingerprint };
    },
    report(lease, outcome) {
      if (lease.generation !== generation) return;
      outcomes.push(outcome);
      if (outcome.is === 'refused') refused = outcome;
      if (outcome.is === 'ok') refused = undefined;
      announce();
    },
    status: () => ({
      ...{ id: 'devicewise-app-token', kind: 'app-token', state: refused?.state ?? 'valid', since: 0, tested: false },
      ...{ latched: false, generation, fingerprint: value.fingerprint, remedy: '' },
    }),
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
}

export interface Rig {
  clock: FakeClock;
  token: FakeToken;
  service: DeviceWiseService;
  links: CloudLink[];
  methods: string[];
  /** Runs lives as a lane does, waiting between them as it is told, until `stop`; errors in the order they came. */
  lane(): { errors: WaymarkError[]; stop(): Promise<void>; wake(): void };
}

export function rig(
  roads: readonly RoadOpener[],
  options: Partial<DeviceWiseOptions> & {
    support?: () => 'unknown' | 'supported' | 'unsupported';
    onMethod?: (call: MethodCall) => Promise<void>;
    random?: () => number;
  } = {},
): Rig {
  const { support, onMethod, random = () => 1, ...rest } = options;
  const clock = createFakeClock();
  const token = appToken(clock);
  const links: CloudLink[] = [];
  const methods: string[] = [];
  const service = createDeviceWise(
    {
      ...{ clock, log: silentLogger, random, credential: token, boot: 3 },
      trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) },
      roads: Object.fromEntries(roads.map((road) => [road.name, road])),
      ...(support ? { moduleSupport: support } : {}),
      outbox: {
        async drain(link, { signal }) {
          links.push(link);
          await aborted(signal);
        },
      },
      async onMethod(call) {
        methods.push(call.id);
        await onMethod?.(call);
      },
    },
    { road: 'gateway', transport: 'mqtt', maxCallsPerSecond: 10, ...rest },
  );
  return {
    ...{ clock, token, service, links, methods },
    lane() {
      const stopped = new AbortController();
      const isOver = (): boolean => stopped.signal.aborted;
      const errors: WaymarkError[] = [];
      let wakeUp = (): void => undefined;
      const loop = (async () => {
        while (!isOver()) {
          try {
            await service.run({ signal: stopped.signal, ok: () => undefined, doing: () => undefined });
          } catch (error) {
            if (isOver()) return;
            errors.push(error as WaymarkError);
            await new Promise<void>((resolve) => {
              wakeUp = resolve;
              clock.after((error as WaymarkError).retryAfterMs ?? 0, resolve);
              onAbort(stopped.signal, () => resolve());
            });
          }
        }
      })();
      return {
        errors,
        wake: () => wakeUp(),
        async stop() {
          stopped.abort();
          await loop;
        },
      };
    },
  };
}
