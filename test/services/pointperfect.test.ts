import { beforeAll, describe, expect, test } from 'vitest';
import {
  AsyncQueue,
  createFakeClock,
  createLogger,
  deferred,
  type ErrorCode,
  Secret,
  silentLogger,
  WaymarkError,
} from '../../src/core/index.js';
import type { Message, Session } from '../../src/mqtt/index.js';
import { type CorrectionSink, type FlowEvent, type FlowState, nextFlow } from '../../src/services/index.js';
import {
  chooseTopics,
  createMqttCorrections,
  type KeyPair,
  proveByConnect,
  readKeyMessage,
} from '../../src/services/pointperfect/index.js';
import type { KeysIdentity, SpartnKey } from '../../src/vault/index.js';

const FRAME = Buffer.from(
  'b56202363400010200000010bc0800e907000010c00800e9070000112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100ebde',
  'hex',
);
const TOPICS = ['/pp/ubx/0236/ip', '/pp/ip/eu', '/pp/ip/us', '/pp/ip/eu/gad', '/pp/frequencies/Lb'];

describe('which topics', () => {
  test.each([
    ['the key topic as a frame, the region as a whole', TOPICS, '/pp/ubx/0236/ip', 'ubx', ['/pp/ip/eu']],
    [
      'L-band names where there are no others',
      ['/pp/ubx/0236/Lb', '/pp/Lb/eu'],
      '/pp/ubx/0236/Lb',
      'ubx',
      ['/pp/Lb/eu'],
    ],
    [
      'internet names before L-band names',
      ['/pp/Lb/eu', '/pp/ubx/0236/Lb', ...TOPICS],
      '/pp/ubx/0236/ip',
      'ubx',
      ['/pp/ip/eu'],
    ],
    ['JSON keys where there is no frame', ['/pp/key/ip', '/pp/ip/eu'], '/pp/key/ip', 'json', ['/pp/ip/eu']],
    [
      'the parts where there is no whole',
      ['/pp/ip/eu/ocb', '/pp/ip/eu/hpac'],
      undefined,
      undefined,
      ['/pp/ip/eu/ocb', '/pp/ip/eu/hpac'],
    ],
    ['no leading slash is fine', ['pp/ubx/0236/ip', 'pp/ip/eu'], 'pp/ubx/0236/ip', 'ubx', ['pp/ip/eu']],
  ])('%s', (_rule, topics, topic, format, corrections) => {
    expect(chooseTopics(topics, 'eu')).toEqual({ corrections, ...(topic ? { key: { topic, format } } : {}) });
  });

  test.each([[[]], [['/pp/ip/us']], [['/pp/ip/europe']], [['/pp/ip/eu/gad;/pp/ip/eu']], [['/pp/ubx/0236/ip']]])(
    'nothing for the region is corrections.no-topic: %j',
    (topics) => {
      expect(() => chooseTopics(topics, 'eu')).toThrow(
        expect.objectContaining({ code: 'corrections.no-topic' }) as Error,
      );
    },
  );
});

describe('keys', () => {
  test('the documented frame gives both keys in UTC', () => {
    const decoded = readKeyMessage(FRAME, 18);
    if (decoded.is !== 'keys') throw new Error(decoded.why);
    expect(decoded.keys.map((k) => [k.startUtcMs, k.hex])).toEqual([
      [1668815982000, '00112233445566778899aabbccddeeff'],
      [1671235182000, 'ffeeddccbbaa99887766554433221100'],
    ]);
    // The first lasts until the second begins: the very duration the service states for it.
    expect(decoded.keys[0]?.durationMs).toBe(2419199999);
  });

  test.each(Array.from({ length: 60 }, (_, i) => i))('a frame damaged at byte %i gives no keys', (at) => {
    const bytes = Buffer.from(FRAME);
    bytes[at] = (bytes[at] ?? 0) ^ 0x11;
    expect(readKeyMessage(bytes, 18).is).toBe('malformed');
  });

  test('a frame cut short anywhere gives no keys', () => {
    for (let length = 0; length < FRAME.length; length++)
      expect(readKeyMessage(FRAME.subarray(0, length), 18).is).toBe('malformed');
  });

  const key = (start: number): Record<string, unknown> => ({ start, duration: 1000, value: 'AB'.repeat(16) });
  test.each([
    ['bare', { current: key(1), next: key(2) }],
    ['under dynamickeys', { dynamickeys: { current: key(1), next: key(2) } }],
    ['under dynamicKeys', { dynamicKeys: { current: key(1), next: key(2) } }],
  ])('JSON keys %s', (_form, data) => {
    const decoded = readKeyMessage(Buffer.from(JSON.stringify(data)), 18);
    if (decoded.is !== 'keys') throw new Error(decoded.why);
    expect(decoded.keys.map((k) => [k.startUtcMs, k.durationMs, k.hex])).toEqual([
      [1, 1000, 'ab'.repeat(16)],
      [2, 1000, 'ab'.repeat(16)],
    ]);
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '"x"',
    '{"current":5}',
    '{"current":{"start":"x"}}',
    '{"current":',
    '{"dynamickeys":null}',
  ])('JSON without keys gives none: %s', (text) => {
    expect(readKeyMessage(Buffer.from(text), 18).is).toBe('malformed');
  });
});

describe('the flow machine', () => {
  const rows: [FlowState, FlowEvent, FlowState, string[]][] = [
    ['waiting', 'data', 'flowing', []],
    ['waiting', 'expired', 'silent', ['resubscribe']],
    ['flowing', 'data', 'flowing', []],
    ['flowing', 'expired', 'silent', ['resubscribe']],
    ['silent', 'data', 'flowing', []],
    ['silent', 'expired', 'lost', ['give-up']],
    ['lost', 'data', 'lost', []],
    ['lost', 'expired', 'lost', []],
  ];
  test.each(rows)('%s --%s--> %s', (from, event, to, effects) => {
    const step = nextFlow(from, event);
    expect([step.state, step.effects ?? []]).toEqual([to, effects]);
  });
});

const secret = (): Secret => new Secret('spartn-key', '0'.repeat(32));
let identity: KeysIdentity;
beforeAll(() => {
  identity = {
    shape: 'keys',
    version: 1,
    clientId: 'c',
    certificate: '',
    privateKey: new Secret('client-key', 'a-private-key'),
    host: 'pp.test',
    port: 8883,
    topics: TOPICS,
    keys: { current: { startUtcMs: 1, durationMs: 2, value: secret() } },
    supports: { ip: true, lband: false },
  };
});

/** A session that says what we tell it to say. */
function fakeSession(refused: string[] = []) {
  const messages = new AsyncQueue<Message>(64);
  const closed = deferred<WaymarkError>();
  const wants: { topics: readonly string[]; again: boolean }[] = [];
  const session: Session = {
    messages,
    closed: closed.promise,
    want: (topics, options = {}) => {
      wants.push({ topics, again: options.again ?? false });
      const isRefused = (t: string): boolean => refused.includes(t);
      return Promise.resolve({ granted: topics.filter((t) => !isRefused(t)), refused: topics.filter(isRefused) });
    },
    publish: () => Promise.resolve(),
    close: () => {
      messages.end();
      closed.resolve(new WaymarkError('mqtt.closed', 'closed by us'));
      return Promise.resolve();
    },
  };
  return {
    session,
    wants,
    say: (topic: string, payload: Uint8Array | string) =>
      messages.push({ topic, payload: Buffer.from(payload), retain: false }),
    drop: (code: ErrorCode = 'mqtt.closed') => closed.resolve(new WaymarkError(code, 'gone')),
  };
}

function bench(session = fakeSession(), log = silentLogger) {
  const clock = createFakeClock();
  const fed: string[] = [];
  const keys: (readonly SpartnKey[])[] = [];
  const told: KeyPair[] = [];
  const states: string[] = [];
  let restarts = 0;
  let hold: Promise<undefined> | undefined;
  const sink: CorrectionSink = {
    feed: (kind, bytes) => {
      fed.push(`${kind} ${Buffer.from(bytes).toString()}`);
      return hold?.then(() => undefined);
    },
    get framesTaken() {
      return fed.length;
    },
    restart: () => {
      restarts++;
    },
    setKeys: (k) => void keys.push(k),
  };
  const current = { session };
  const source = createMqttCorrections(
    {
      openSession: () => Promise.resolve(current.session.session),
      sink,
      clock,
      log,
      onKeys: (k) => void told.push(k),
    },
    { identity, region: 'eu', silence: { resubscribeMs: 30_000, reconnectMs: 60_000 } },
  );
  const controller = new AbortController();
  const run = (): Promise<WaymarkError> =>
    source
      .run({
        signal: controller.signal,
        onState: () => {
          const { state } = source.snapshot();
          if (states.at(-1) !== state) states.push(state);
        },
      })
      .catch((error: unknown) => error as WaymarkError);
  return {
    clock,
    fed,
    keys,
    told,
    states,
    source,
    controller,
    run,
    current,
    restarts: () => restarts,
    holdSink: (p: Promise<undefined>) => {
      hold = p;
    },
  };
}

describe('corrections over MQTT', () => {
  test('go to the sink as they come; the state says so', async () => {
    const b = bench();
    const ended = b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([{ topics: ['/pp/ubx/0236/ip', '/pp/ip/eu'], again: false }]);
    b.current.session.say('/pp/ip/eu', 'one');
    b.current.session.say('/pp/ip/eu', 'two');
    await b.clock.advance(0);
    expect(b.fed).toEqual(['spartn one', 'spartn two']);
    expect(b.restarts()).toBe(1);
    expect(b.source.snapshot()).toMatchObject({
      state: 'flowing',
      messagesIn: 2,
      bytesIn: 6,
      connects: 1,
      host: 'pp.test',
    });
    b.current.session.drop();
    expect((await ended).code).toBe('mqtt.closed');
    expect(b.states).toEqual(['connecting', 'connected', 'flowing', 'waiting']);
    expect(b.clock.pending).toBe(0);
  });

  test('a sink that holds back is waited for', async () => {
    const b = bench();
    void b.run();
    await b.clock.advance(0);
    const gate = deferred<undefined>();
    b.holdSink(gate.promise);
    b.current.session.say('/pp/ip/eu', 'one');
    b.current.session.say('/pp/ip/eu', 'two');
    await b.clock.advance(0);
    expect(b.fed).toEqual(['spartn one']);
    gate.resolve(undefined);
    await b.clock.advance(0);
    expect(b.fed).toHaveLength(2);
    b.controller.abort();
  });

  test('the identity’s keys go to the receiver first, those of the key topic replace them and are told on', async () => {
    const b = bench();
    void b.run();
    await b.clock.advance(0);
    expect(b.keys).toEqual([[identity.keys.current]]);
    b.current.session.say('/pp/ubx/0236/ip', FRAME);
    await b.clock.advance(0);
    expect(b.keys[1]?.map((k) => k.startUtcMs)).toEqual([1668815982000, 1671235182000]);
    expect(b.told[0]?.next?.startUtcMs).toBe(1671235182000);
    expect(b.fed).toEqual([]);
    b.current.session.say('/pp/ubx/0236/ip', 'nonsense');
    await b.clock.advance(0);
    expect(b.source.snapshot()).toMatchObject({ keyMessages: 2, malformedKeyMessages: 1 });
    expect(b.keys).toHaveLength(2);
    // A new session hands the newest keys over again.
    b.current.session.drop();
    await b.clock.advance(0);
    b.current.session = fakeSession();
    void b.run();
    await b.clock.advance(0);
    expect(b.keys[2]).toHaveLength(2);
    b.controller.abort();
  });

  test('a key frame is never fed as a correction, and unknown topics are counted', async () => {
    const b = bench();
    void b.run();
    await b.clock.advance(0);
    b.current.session.say('/pp/ip/eu', FRAME);
    b.current.session.say('/pp/ip/us', 'x');
    await b.clock.advance(0);
    expect(b.fed).toEqual([]);
    expect(b.source.snapshot()).toMatchObject({ unknownMessages: 2, messagesIn: 0, state: 'connected' });
    b.controller.abort();
  });

  test('30 s of silence subscribe again, 60 s ask for a new session; keys are no corrections', async () => {
    const b = bench();
    const ended = b.run();
    await b.clock.advance(0);
    b.current.session.say('/pp/ip/eu', 'one');
    await b.clock.advance(29_000);
    expect(b.current.session.wants).toHaveLength(1);
    b.current.session.say('/pp/ubx/0236/ip', FRAME);
    await b.clock.advance(2000);
    expect(b.current.session.wants[1]).toEqual({ topics: ['/pp/ubx/0236/ip', '/pp/ip/eu'], again: true });
    expect(b.source.snapshot().state).toBe('silent');
    await b.clock.advance(27_000);
    expect(b.states.at(-1)).toBe('silent');
    await b.clock.advance(3000);
    expect((await ended).code).toBe('corrections.silent');
    expect(b.current.session.wants).toHaveLength(2);
  });

  test('data after the second request make it flow again', async () => {
    const b = bench();
    void b.run();
    await b.clock.advance(31_000);
    expect(b.source.snapshot().state).toBe('silent');
    b.current.session.say('/pp/ip/eu', 'one');
    await b.clock.advance(29_000);
    expect(b.source.snapshot().state).toBe('flowing');
    await b.clock.advance(2000);
    expect(b.current.session.wants).toHaveLength(3);
    b.controller.abort();
  });

  test('the ladder can ask for a resubscription', async () => {
    const b = bench();
    b.source.resubscribe();
    void b.run();
    await b.clock.advance(0);
    b.source.resubscribe();
    await b.clock.advance(0);
    expect(b.current.session.wants.map((w) => w.again)).toEqual([false, true]);
    b.controller.abort();
  });

  test('a correction topic that is not granted ends it; a missing key topic does not', async () => {
    expect((await bench(fakeSession(['/pp/ip/eu'])).run()).code).toBe('mqtt.not-granted');
    const b = bench(fakeSession(['/pp/ubx/0236/ip']));
    void b.run();
    await b.clock.advance(0);
    expect(b.source.snapshot().state).toBe('connected');
    b.controller.abort();
  });

  test('three short lives in a row mean a twin', async () => {
    const b = bench();
    const codes: string[] = [];
    const live = async (ms: number): Promise<void> => {
      b.current.session = fakeSession();
      const ended = b.run();
      await b.clock.advance(ms);
      b.current.session.drop();
      codes.push((await ended).code);
    };
    for (const ms of [100, 100, 20_000, 100, 100, 100]) await live(ms);
    expect(codes).toEqual([...Array.from({ length: 5 }, () => 'mqtt.closed'), 'mqtt.taken-over']);
    expect(b.source.snapshot().lastReason).toBe('mqtt.taken-over');
  });

  test('a key topic full of rubbish is said once and counted, and the old keys stay', async () => {
    const lines: string[] = [];
    const output = { write: (text: string) => void lines.push(text), dropped: 0 };
    const b = bench(fakeSession(), createLogger({ level: 'info', output, now: () => 0 }));
    const ended = b.run();
    for (let i = 0; i < 30; i++) {
      b.current.session.say('/pp/ubx/0236/ip', `rubbish ${i}`);
      await b.clock.advance(1);
    }
    expect(b.source.snapshot().malformedKeyMessages).toBe(30);
    expect(lines.filter((line) => line.includes('keys-malformed')).length).toBe(1);
    expect(b.told).toEqual([]);
    b.controller.abort();
    await ended;
  });

  test('a twin is suspected too when the broker’s end comes as a reset', async () => {
    const b = bench();
    const codes: string[] = [];
    for (let life = 0; life < 3; life++) {
      b.current.session = fakeSession();
      const ended = b.run();
      await b.clock.advance(100);
      b.current.session.drop('net.closed');
      codes.push((await ended).code);
    }
    expect(codes).toEqual(['net.closed', 'net.closed', 'mqtt.taken-over']);
  });

  test('an abort closes the session and carries its reason', async () => {
    const b = bench();
    const ended = b.run();
    await b.clock.advance(0);
    b.controller.abort(new Error('enough'));
    expect((await ended).message).toBe('enough');
    await b.current.session.session.closed;
    expect(b.source.snapshot()).toMatchObject({ state: 'waiting' });
    expect(b.source.snapshot().lastReason).toBeUndefined();
  });
});

describe('the proof', () => {
  test('is a session up to CONNACK, closed again', async () => {
    let closed = 0;
    const signal = new AbortController().signal;
    const prove = proveByConnect(() =>
      Promise.resolve({ close: () => Promise.resolve().then(() => void (closed += 1)) }),
    );
    await prove(identity, signal);
    expect(closed).toBe(1);
  });

  test('other plans than MQTT are not proved but named', async () => {
    const prove = proveByConnect(() => Promise.reject(new Error('not called')));
    const chipcode = { shape: 'chipcode', version: 1, chipcode: secret(), serviceUrl: '', allowedData: [] } as const;
    await expect(prove(chipcode, new AbortController().signal)).rejects.toMatchObject({ code: 'ztp.unsupported-plan' });
  });
});
