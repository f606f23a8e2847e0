// A modem over a scripted module, with a clock that stands still until told.
import { createFakeClock, type FakeClock, type Logger, silentLogger, type WaymarkError } from '../../src/core/index.js';
import { createModem, type Modem, type ModemDeps, type ModemOptions, type PinLedger } from '../../src/modem/index.js';
import { during } from './during.js';
import { createFakeModule, type FakeModule } from './fake-module.js';

export interface Rig {
  module: FakeModule;
  modem: Modem;
  clock: FakeClock;
  outcomes: ('verified' | 'written' | WaymarkError)[];
  transcript: string[];
  /** What went to the log at info and above: `level event`. */
  logged: string[];
  signal: AbortSignal;
  stop: AbortController;
  /** `up`, or the code it ended with. */
  up: () => Promise<unknown>;
  /** Like `up`, with the whole error. */
  fails: () => Promise<WaymarkError>;
}

export function rig(
  changes: Partial<ModemOptions> = {},
  module = createFakeModule(),
  pinLedger?: PinLedger,
  more: Partial<ModemDeps> = {},
): Rig {
  const clock = createFakeClock();
  const stop = new AbortController();
  const outcomes: Rig['outcomes'] = [];
  const transcript: string[] = [];
  const logged: string[] = [];
  const note =
    (level: string) =>
    (event: string): void =>
      void logged.push(`${level} ${event}`);
  const log: Logger = { ...silentLogger, info: note('info'), warn: note('warn'), error: note('error') };
  const modem = createModem(
    {
      open: module.open,
      clock,
      log,
      onAppToken: (outcome) => outcomes.push(outcome),
      transcript: (direction, line) => transcript.push(`${direction} ${line}`),
      ...(pinLedger ? { pinLedger } : {}),
      ...more,
    },
    {
      port: '/dev/fake',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode: 'observe', contextId: 1, ipType: 'IPV4V6' },
      ...changes,
    },
  );
  const { signal } = stop;
  const up = () =>
    during(
      clock,
      modem.bringUp({ signal }).then(() => 'up'),
    );
  const fails = async () => {
    let failure: WaymarkError | undefined;
    await during(
      clock,
      modem.bringUp({ signal }).catch((error: unknown) => {
        failure = error as WaymarkError;
      }),
    );
    if (!failure) throw new Error('came up');
    return failure;
  };
  return { module, modem, clock, outcomes, transcript, logged, signal, stop, up, fails };
}

/** A rig that is up and watched; `lost` settles with what ends the watch. */
export async function watching(
  changes: Partial<ModemOptions> = {},
  module = createFakeModule(),
  pinLedger?: PinLedger,
) {
  const set = rig(changes, module, pinLedger);
  const outcome = await set.up();
  if (outcome !== 'up') throw new Error(`not up: ${JSON.stringify(outcome)}`);
  let failure: WaymarkError | undefined;
  let rounds = 0;
  const lost = during(
    set.clock,
    set.modem.watch({ signal: set.signal, onPolled: () => (rounds += 1) }).catch((error: unknown) => {
      failure = error as WaymarkError;
      throw error;
    }),
    900_000,
  );
  return { ...set, lost, failure: () => failure, rounds: () => rounds };
}

/** What the module received that begins with `prefix`. */
export const sent = (module: FakeModule, prefix: string): string[] =>
  module.received.filter((command) => command.startsWith(prefix));

/** Answers one command in its own way, always. */
export function answers(module: FakeModule, command: string, ...lines: string[]): void {
  module.behaviours.unshift((received, fake) => {
    if (received !== command) return false;
    fake.answer(...lines);
    return true;
  });
}
