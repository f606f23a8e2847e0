import { beforeAll, describe, expect, test } from 'vitest';
import {
  AsyncQueue,
  type CoarsePosition,
  createFakeClock,
  createLogger,
  deferred,
  type ErrorCode,
  Secret,
  silentLogger,
  WaymarkError,
} from '../../../src/core/index.js';
import type { Message, Session } from '../../../src/mqtt/index.js';
import {
  type AssistanceSink,
  type CorrectionSink,
  createMqttCorrections,
  type MqttCorrectionsOptions,
} from '../../../src/services/index.js';
import { createTopicPlan } from '../../../src/services/pointperfect/topic-plan.js';
import type { KeysIdentity } from '../../../src/vault/index.js';
import { MGA_FRAME, ubx } from '../ntrip/frames.js';

const KEY = '/pp/ubx/0236/ip';
const TOPICS = [
  KEY,
  '/pp/ip/eu',
  '/pp/ip/us',
  '/pp/ip/eu;/pp/ip/eu/gad',
  '/pp/ubx/mga',
  '/pp/ubx/mga/updates',
  '/pp/frequencies/Lb',
];
const TILE = 'L2N4625E00875';
const DICT = `pp/ip/${TILE}/dict`;
const NODE = `pp/ip/${TILE}/N4700E00850`;
const dict = JSON.stringify({ tile: TILE, nodeprefix: `pp/ip/${TILE}/`, nodes: ['N4700E00850', 'N4600E00950'] });

let identity: KeysIdentity;
beforeAll(() => {
  identity = {
    shape: 'keys',
    version: 1,
    clientId: 'c',
    certificate: '',
    privateKey: new Secret('client-key', 'a-private-key'),
    host: 'pp.services.u-blox.com',
    port: 8883,
    topics: TOPICS,
    keys: {},
    supports: { ip: true, lband: false },
  };
});

function fakeSession(
  isRefused: (topic: string) => boolean = () => false,
  answers?: (topics: readonly string[]) => Promise<void>,
) {
  const messages = new AsyncQueue<Message>(64);
  const closed = deferred<WaymarkError>();
  const wants: string[][] = [];
  const session: Session = {
    messages,
    closed: closed.promise,
    want: async (topics) => {
      wants.push([...topics]);
      await answers?.(topics);
      return { granted: topics.filter((t) => !isRefused(t)), refused: topics.filter(isRefused) };
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

const at = (latitudeDeg: number, longitudeDeg: number, over: Partial<CoarsePosition> = {}): CoarsePosition => ({
  latitudeDeg,
  longitudeDeg,
  quality: '3d',
  ageMs: 0,
  from: 'receiver',
  ...over,
});
const ZURICH = at(47.0, 8.5);
const CHICAGO = at(41.9, -87.6);
const BEIJING = at(39.9, 116.4);

function bench(over: Partial<MqttCorrectionsOptions> = {}, assistance?: AssistanceSink) {
  const clock = createFakeClock(Date.UTC(2026, 5, 1));
  const fed: string[] = [];
  const sink: CorrectionSink = {
    feed: (_kind, bytes) => {
      fed.push(Buffer.from(bytes).toString());
      return undefined;
    },
    get framesTaken() {
      return fed.filter((text) => text !== 'noise').length;
    },
    restart: () => undefined,
    setKeys: () => undefined,
  };
  const place: { now: CoarsePosition | undefined } = { now: ZURICH };
  const arrives = deferred<CoarsePosition>();
  const current = { session: fakeSession() };
  let opened = 0;
  const source = createMqttCorrections(
    {
      openSession: () => {
        opened++;
        return Promise.resolve(current.session.session);
      },
      sink,
      position: { current: () => place.now, whenKnown: () => arrives.promise },
      assistance,
      clock,
      log: silentLogger,
      onKeys: () => undefined,
    },
    { identity, region: 'auto', silence: { resubscribeMs: 30_000, reconnectMs: 60_000 }, ...over },
  );
  const controller = new AbortController();
  const run = (): Promise<WaymarkError> =>
    source
      .run({ signal: controller.signal, onState: () => undefined })
      .catch((error: unknown) => error as WaymarkError);
  /** Time with corrections in it. */
  const flow = async (ms: number, topic = '/pp/ip/eu'): Promise<void> => {
    for (let left = ms; left > 0; left -= 10_000) {
      current.session.say(topic, 'x');
      await clock.advance(Math.min(left, 10_000));
    }
  };
  return { clock, source, controller, run, fed, place, arrives, current, flow, opened: () => opened };
}

describe('the region by position', () => {
  test('chooses the topics; nothing of another region is subscribed to, nor what is no topic', async () => {
    const b = bench();
    const ended = b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, '/pp/ip/eu']]);
    expect(b.source.snapshot()).toMatchObject({ detail: 'region eu by position', topics: [KEY, '/pp/ip/eu'] });
    b.controller.abort();
    await ended;
    expect(b.clock.pending).toBe(0);
  });

  test('changes with the position after a while, in the same session and without a gap', async () => {
    const b = bench();
    void b.run();
    await b.clock.advance(0);
    b.place.now = CHICAGO;
    await b.flow(120_000);
    expect(b.current.session.wants).toHaveLength(1);
    await b.flow(20_000);
    expect(b.current.session.wants.slice(1)).toEqual([
      [KEY, '/pp/ip/eu', '/pp/ip/us'],
      [KEY, '/pp/ip/us'],
    ]);
    b.current.session.say('/pp/ip/us', 'american');
    await b.clock.advance(0);
    expect(b.fed.at(-1)).toBe('american');
    expect(b.opened()).toBe(1);
    b.controller.abort();
  });

  test('outside every region nothing is connected to, and it says so', async () => {
    const b = bench();
    b.place.now = BEIJING;
    const error = await b.run();
    expect(error.code).toBe('corrections.outside-coverage');
    expect(error.retryAfterMs).toBe(30_000);
    expect(error.message).not.toContain('39.9');
    expect(b.opened()).toBe(0);
    b.place.now = ZURICH;
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toHaveLength(1);
    b.controller.abort();
  });

  test('leaving every region ends the session', async () => {
    const b = bench();
    const ended = b.run();
    await b.clock.advance(0);
    b.place.now = BEIJING;
    await b.flow(140_000);
    expect((await ended).code).toBe('corrections.outside-coverage');
  });

  test('a position is waited for, a minute at most', async () => {
    const b = bench();
    b.place.now = undefined;
    const ended = b.run();
    await b.clock.advance(59_000);
    expect(b.source.snapshot()).toMatchObject({ state: 'waiting', lastReason: 'corrections.no-position' });
    expect(b.opened()).toBe(0);
    await b.clock.advance(1000);
    expect((await ended).code).toBe('corrections.no-position');
    const again = b.run();
    b.place.now = ZURICH;
    b.arrives.resolve(ZURICH);
    await b.clock.advance(0);
    expect(b.opened()).toBe(1);
    b.controller.abort();
    await again;
  });

  test('an account without the region’s topic says so', async () => {
    const b = bench({ identity: { ...identity, topics: [KEY, '/pp/ip/us'] } });
    expect((await b.run()).code).toBe('corrections.no-topic');
  });
});

describe('localized corrections', () => {
  test('dictionary, node, and then neither dictionary nor region any more', async () => {
    const b = bench({ region: 'eu', localized: '2' });
    void b.run();
    await b.clock.advance(0);
    const s = b.current.session;
    expect(s.wants).toEqual([[KEY, '/pp/ip/eu', DICT]]);
    s.say(DICT, dict);
    await b.clock.advance(0);
    expect(s.wants.slice(1)).toEqual([
      [KEY, '/pp/ip/eu', DICT, NODE],
      [KEY, NODE],
    ]);
    s.say(NODE, 'near');
    await b.clock.advance(0);
    expect(b.fed).toEqual(['near']);
    expect(b.source.snapshot().detail).toBe(`region eu, tile ${TILE}, node N4700E00850`);
    s.drop();
    await b.clock.advance(0);
    // A new session goes on where the old one was.
    b.current.session = fakeSession();
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, NODE]]);
    b.controller.abort();
  });

  test('no dictionary in 30 s: the region’s corrections, which flowed all the time, go on alone', async () => {
    const b = bench({ region: 'eu', localized: '2' });
    void b.run();
    await b.clock.advance(0);
    await b.flow(40_000);
    expect(b.current.session.wants.slice(1)).toEqual([[KEY, '/pp/ip/eu']]);
    expect(b.fed).toHaveLength(4);
    b.controller.abort();
  });

  test.each([
    ['no fix', undefined],
    ['a configured position', at(47, 8.5, { from: 'configured' })],
    ['the cells', at(47, 8.5, { from: 'cell' })],
    ['two dimensions', at(47, 8.5, { quality: '2d' })],
  ])('%s is not enough', async (_what, place) => {
    const b = bench({ region: 'eu', localized: '2' });
    b.place.now = place;
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, '/pp/ip/eu']]);
    b.place.now = ZURICH;
    await b.flow(10_000);
    expect(b.current.session.wants[1]).toEqual([KEY, '/pp/ip/eu', DICT]);
    b.controller.abort();
  });

  test('a broker that refuses the dictionary is not asked for an hour', async () => {
    const b = bench({ region: 'eu', localized: '2' });
    b.current.session = fakeSession((topic) => topic.endsWith('/dict'));
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([
      [KEY, '/pp/ip/eu', DICT],
      [KEY, '/pp/ip/eu'],
    ]);
    await b.flow(60_000);
    expect(b.current.session.wants).toHaveLength(2);
    b.controller.abort();
  });

  test('a broker that closes instead of answering is not asked either', async () => {
    const b = bench({ region: 'eu', localized: '2' });
    b.current.session = fakeSession(undefined, () => new Promise(() => undefined));
    const ended = b.run();
    await b.clock.advance(100);
    b.current.session.drop();
    expect((await ended).code).toBe('mqtt.closed');
    b.current.session = fakeSession();
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, '/pp/ip/eu']]);
    b.controller.abort();
  });

  test('a session that ends after it was granted says nothing about the topics', async () => {
    const b = bench({ region: 'eu', localized: '2' });
    const ended = b.run();
    await b.clock.advance(100);
    b.current.session.drop();
    await ended;
    b.current.session = fakeSession();
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, '/pp/ip/eu', DICT]]);
    b.controller.abort();
  });

  test('a malformed dictionary leads nowhere', async () => {
    const b = bench({ region: 'eu', localized: '2' });
    void b.run();
    await b.clock.advance(0);
    b.current.session.say(DICT, dict.replace(`pp/ip/${TILE}/`, '#'));
    await b.clock.advance(0);
    expect(b.current.session.wants).toHaveLength(1);
    b.controller.abort();
  });
});

describe('a topic full of rubbish', () => {
  test('of dictionaries is said once for a tile, until a good one comes', () => {
    const said: string[] = [];
    const clock = createFakeClock();
    const place = { now: ZURICH };
    const plan = createTopicPlan({
      identity,
      region: 'eu',
      regionTable: 'narrow',
      localized: '2',
      position: { current: () => place.now, whenKnown: () => Promise.resolve(place.now) },
      assistance: undefined,
      clock,
      log: createLogger({
        level: 'info',
        output: { write: () => undefined, dropped: 0 },
        now: () => clock.wall(),
        tap: (line) => said.push(String(line['event'])),
      }),
    });
    plan.begin();
    for (let n = 0; n < 1000; n++) plan.takeDict(Buffer.from(`rubbish ${n}`));
    expect(said).toEqual(['corrections.dict-malformed']);
    plan.takeDict(Buffer.from(dict));
    expect(plan.detail()).toContain('node N4700E00850');
    place.now = at(41.9, -87.6);
    plan.look();
    plan.takeDict(Buffer.from('rubbish'));
    expect(said).toHaveLength(2);
  });
});

describe('assistance over MQTT', () => {
  function taker(isFresh = false) {
    const offered: string[] = [];
    const sink: AssistanceSink = {
      offer: (frames, from) => void offered.push(`${frames.length} from ${from}`),
      isFresh: () => isFresh,
    };
    return { sink, offered };
  }

  test('the full set first, then what changes; nothing but assistance passes', async () => {
    const { sink, offered } = taker();
    const b = bench({ region: 'eu' }, sink);
    void b.run();
    await b.clock.advance(0);
    const s = b.current.session;
    expect(s.wants).toEqual([[KEY, '/pp/ip/eu', '/pp/ubx/mga']]);
    s.say('/pp/ubx/mga', ubx(0x06, 0x8a, Buffer.alloc(4)));
    await b.clock.advance(0);
    expect(offered).toEqual([]);
    s.say('/pp/ubx/mga', Buffer.concat([MGA_FRAME, ubx(0x06, 0x8a, Buffer.alloc(4)), MGA_FRAME]));
    await b.clock.advance(0);
    expect(offered).toEqual(['2 from /pp/ubx/mga']);
    expect(s.wants.slice(1)).toEqual([[KEY, '/pp/ip/eu', '/pp/ubx/mga/updates']]);
    s.say('/pp/ubx/mga/updates', MGA_FRAME);
    await b.clock.advance(0);
    expect(offered).toEqual(['2 from /pp/ubx/mga', '1 from /pp/ubx/mga/updates']);
    expect(b.fed).toEqual([]);
    expect(b.source.snapshot().assistanceMessages).toBe(3);
    b.controller.abort();
  });

  test('what is fresh is not fetched again, only updated', async () => {
    const b = bench({ region: 'eu' }, taker(true).sink);
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, '/pp/ip/eu', '/pp/ubx/mga/updates']]);
    b.controller.abort();
  });

  test.each([
    ['nobody takes it', undefined, TOPICS],
    ['the account has none', taker().sink, [KEY, '/pp/ip/eu']],
  ])('is not subscribed to when %s', async (_when, sink, topics) => {
    const b = bench({ region: 'eu', identity: { ...identity, topics } }, sink);
    void b.run();
    await b.clock.advance(0);
    expect(b.current.session.wants).toEqual([[KEY, '/pp/ip/eu']]);
    b.controller.abort();
  });
});

describe('what is no whole frame', () => {
  test('is neither flow nor a sign of life, however much of it comes', async () => {
    const b = bench({ region: 'eu' });
    const ended = b.run();
    await b.clock.advance(0);
    b.current.session.say('/pp/ip/eu', 'x');
    for (let i = 0; i < 13; i++) {
      await b.clock.advance(5000);
      b.current.session.say('/pp/ip/eu', 'noise');
    }
    expect((await ended).code).toBe('corrections.silent');
    expect(b.source.snapshot()).toMatchObject({ lastMessageMonoMs: 0 });
  });
});

describe('the end of MQTT delivery', () => {
  const silentSession = async (b: ReturnType<typeof bench>): Promise<string> => {
    b.current.session = fakeSession();
    const ended = b.run();
    await b.clock.advance(30_000);
    b.current.session.say('/pp/ip/eu', 'noise');
    await b.clock.advance(30_000);
    return (await ended).code;
  };

  test('sessions without a correction for a quarter of an hour, after the date, are the end; a correction undoes it', async () => {
    const b = bench({ region: 'eu' });
    b.clock.stepWall(Date.UTC(2026, 9, 2) - b.clock.wall());
    const codes: string[] = [];
    for (let i = 0; i < 4; i++) {
      codes.push(await silentSession(b));
      await b.clock.advance(240_000);
    }
    expect(codes).toEqual(['corrections.silent', 'corrections.silent', 'corrections.silent', 'corrections.ended']);
    b.current.session = fakeSession();
    const ended = b.run();
    await b.clock.advance(0);
    b.current.session.say('/pp/ip/eu', 'x');
    await b.clock.advance(61_000);
    expect((await ended).code).toBe('corrections.silent');
    expect(await silentSession(b)).toBe('corrections.silent');
  });

  test('before the date silence stays silence', async () => {
    const b = bench({ region: 'eu' });
    for (let i = 0; i < 5; i++) {
      expect(await silentSession(b)).toBe('corrections.silent');
      await b.clock.advance(240_000);
    }
  });
});
