// A receiver under test on an in-memory link, with its far end in the test's hands.
import { createFakeClock, deferred, type FakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createReceiver, type Receiver, type ReceiverOptions } from '../../src/gnss/index.js';
import { type Link, memoryLinkPair } from '../../src/link/index.js';
import { ubx } from './frames.js';

export interface FarEnd {
  link: Link;
  /** Everything the gateway has written. */
  bytes(): Buffer;
  send(bytes: Uint8Array): Promise<void>;
  /** Hears everything written, what came before included. */
  onBytes(cb: (chunk: Buffer) => void): void;
  /** Shows itself to be a u-blox receiver, without any other effect. */
  hello(): Promise<void>;
}

export interface Rig {
  clock: FakeClock;
  receiver: Receiver;
  /** The far ends in order of opening, and the line speeds they were opened with. */
  ends: FarEnd[];
  speeds: number[];
  /** Runs it once; resolves with what it rejected with. */
  run(): { ended: Promise<unknown>; stop(): void };
  /** Lets I/O and promises happen without time passing. */
  settle(): Promise<void>;
  /** The next opening fails with this. */
  refuse(error: Error): void;
}

export function createRig(options: Partial<ReceiverOptions> = {}): Rig {
  const clock = createFakeClock();
  const ends: FarEnd[] = [];
  let refusal: Error | undefined;
  const speeds: number[] = [];
  const open = async ({ baudRate }: { baudRate: number }): Promise<Link> => {
    speeds.push(baudRate);
    if (refusal) {
      const error = refusal;
      refusal = undefined;
      throw error;
    }
    const [near, far] = memoryLinkPair();
    const got: Buffer[] = [];
    const listeners: ((chunk: Buffer) => void)[] = [];
    void (async () => {
      for await (const chunk of far.bytes) {
        got.push(Buffer.from(chunk));
        for (const cb of listeners) cb(Buffer.from(chunk));
      }
    })();
    ends.push({
      link: far,
      bytes: () => Buffer.concat(got),
      onBytes(cb) {
        for (const chunk of got) cb(chunk);
        listeners.push(cb);
      },
      send: (bytes) => far.write(bytes),
      hello: () => far.write(HELLO),
    });
    return near;
  };
  const receiver = createReceiver(
    { open, clock, log: silentLogger },
    {
      port: '/dev/ttyGNSS',
      baudRate: 38_400,
      protocol: 'ubx',
      maxAgeMs: 10_000,
      maxQueuedBytes: 65_536,
      leapSeconds: 18,
      configure: false,
      ...options,
    },
  );
  return {
    clock,
    receiver,
    ends,
    speeds,
    refuse: (error) => void (refusal = error),
    settle: () => clock.advance(0),
    run() {
      const stop = new AbortController();
      const outcome = deferred<unknown>();
      receiver.run({ signal: stop.signal }).catch((error: unknown) => outcome.resolve(error));
      return {
        ended: outcome.promise,
        stop: () => stop.abort(new WaymarkError('core.cancelled', 'stopped by the test')),
      };
    },
  };
}

/** UBX-INF-NOTICE. */
export const HELLO = ubx(0x04, 0x02, Buffer.from('hello'));
export const MON_VER_POLL = ubx(0x0a, 0x04);
export const UNIQID_POLL = ubx(0x27, 0x03);
export const TIMELS_POLL = ubx(0x01, 0x26);
const POLLS = [MON_VER_POLL, UNIQID_POLL, TIMELS_POLL];

/** What was written, without the questions. */
export const besides = (wire: Buffer): Buffer =>
  Buffer.from(
    POLLS.reduce((text, poll) => text.replaceAll(poll.toString('latin1'), ''), wire.toString('latin1')),
    'latin1',
  );
