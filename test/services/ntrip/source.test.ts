import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  type CoarsePosition,
  createFakeClock,
  deferred,
  type FakeClock,
  NETWORK_BACKOFF,
  Secret,
  silentLogger,
  WaymarkError,
} from '../../../src/core/index.js';
import {
  type AssistanceSink,
  type CorrectionSink,
  createNtripCorrections,
  createSlotMemory,
  type NtripCorrectionsOptions,
  type OpenNtrip,
  type PositionSource,
  proveByConnect,
  proveNtrip,
} from '../../../src/services/index.js';
import type { NtripIdentity } from '../../../src/vault/index.js';
import { MGA_FRAME, rtcmFrame } from './frames.js';

const OK = 'HTTP/1.1 200 OK\r\n\r\n';
const RTCM = rtcmFrame(1077, 40);
const HERE: CoarsePosition = { latitudeDeg: 47.28, longitudeDeg: 8.56, quality: '3d', ageMs: 0, from: 'configured' };
const password = new Secret('password', 'a-caster-password');

/** One accepted connection, as the caster has it. */
interface Far {
  stream: Duplex;
  heard: () => string;
  gga: () => string[];
  request: string;
  say: (bytes: Buffer | string) => void;
  ended: boolean;
}

type Script = (far: Far) => void;

/** A caster that follows one script a connection (the last one again and again). */
function caster(...scripts: Script[]) {
  const connections: Far[] = [];
  const open: OpenNtrip = (_target, { signal }) => {
    signal.throwIfAborted();
    const [near, stream] = duplexPair();
    let heard = '';
    const far: Far = {
      stream,
      heard: () => heard,
      gga: () => heard.split('\r\n').filter((line) => line.startsWith('$GNGGA')),
      request: '',
      say: (bytes) => void stream.write(bytes),
      ended: false,
    };
    const script = scripts[Math.min(connections.length, scripts.length - 1)];
    connections.push(far);
    stream.on('error', () => undefined);
    stream.on('end', () => {
      far.ended = true;
      stream.end();
    });
    stream.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
      const end = heard.indexOf('\r\n\r\n');
      if (far.request !== '' || end < 0) return;
      far.request = heard.slice(0, end);
      script?.(far);
    });
    return Promise.resolve(near);
  };
  return { open, connections, last: () => connections.at(-1) as Far };
}

const accept = (far: Far): void => far.say(OK);
const answer =
  (text: string): Script =>
  (far) => {
    far.say(text);
    far.stream.end();
  };

function bench(
  cast: ReturnType<typeof caster>,
  over: Partial<NtripCorrectionsOptions> = {},
  assistance?: AssistanceSink,
  clock: FakeClock = createFakeClock(Date.UTC(2026, 5, 1, 12)),
) {
  const fed: { kind: string; bytes: Buffer }[] = [];
  let restarts = 0;
  const sink: CorrectionSink = {
    feed: (kind, bytes) => {
      fed.push({ kind, bytes: Buffer.from(bytes) });
      return undefined;
    },
    get framesTaken() {
      return fed.filter(({ bytes }) => bytes.includes(0xd3)).length;
    },
    restart: () => {
      restarts++;
    },
    setKeys: () => undefined,
  };
  const place: { now: CoarsePosition | undefined; arrives: ReturnType<typeof deferred<CoarsePosition>> } = {
    now: HERE,
    arrives: deferred(),
  };
  const position: PositionSource = { current: () => place.now, whenKnown: () => place.arrives.promise };
  const source = createNtripCorrections(
    { open: cast.open, sink, position, assistance, clock, log: silentLogger },
    {
      host: 'caster.test',
      port: 2101,
      tls: false,
      mountPoint: 'NEAR-RTCM',
      userName: 'gw',
      password,
      protocol: 'auto',
      ggaSeconds: 10,
      mga: false,
      silence: { resubscribeMs: 30_000, reconnectMs: 60_000 },
      agentVersion: '1',
      ...over,
    },
  );
  const controller = new AbortController();
  const states: string[] = [];
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
  const total = (): Buffer => Buffer.concat(fed.map(({ bytes }) => bytes));
  return { clock, source, controller, run, states, fed, total, place, restarts: () => restarts };
}

describe('corrections over NTRIP', () => {
  test('our position goes up at once and every ten seconds, corrections come down', async () => {
    const cast = caster(accept);
    const b = bench(cast);
    const ended = b.run();
    await b.clock.advance(100);
    expect(b.source.snapshot().state).toBe('connecting');
    await b.clock.advance(1500);
    expect(cast.last().request).toContain('GET /NEAR-RTCM HTTP/1.1');
    expect(cast.last().gga()).toEqual([expect.stringContaining('$GNGGA,120000.')]);
    cast.last().say(RTCM);
    await b.clock.advance(20_000);
    expect(cast.last().gga()).toHaveLength(3);
    expect(b.fed).toEqual([{ kind: 'rtcm3', bytes: RTCM }]);
    expect(b.restarts()).toBe(1);
    expect(b.source.snapshot()).toMatchObject({
      source: 'ntrip',
      state: 'flowing',
      host: 'caster.test',
      topics: ['NEAR-RTCM'],
      protocol: '2',
      kind: 'rtcm3',
      bytesIn: RTCM.length,
      connects: 1,
      reconnects: 0,
      ggaSent: 3,
      detail: 'NEAR-RTCM over NTRIP 2, RTCM 3 by the name of the mountpoint, position: configured',
    });
    expect(b.source.snapshot().requestBytes).toBeGreaterThan(100);
    expect(JSON.stringify(b.source.snapshot())).not.toContain('a-caster-password');
    cast.last().stream.end();
    await b.clock.advance(10);
    expect((await ended).code).toBe('net.closed');
    expect(b.states).toEqual(['connecting', 'connected', 'flowing', 'waiting']);
    expect(b.clock.pending).toBe(0);
    expect(b.source.backoff().capMs).toBe(2000);
  });

  test('under a scaled clock our position goes up as often in the time that the caster has', async () => {
    const fake = createFakeClock(Date.UTC(2026, 5, 1, 12));
    // A thousand times as fast: three seconds of the caster's are three thousand here.
    const scaled = { ...fake, ioBudgetMs: (ms: number) => Math.max(ms, Math.min(ms, 3000) * 1000) };
    const cast = caster(accept);
    const b = bench(cast, {}, undefined, scaled);
    const ended = b.run();
    await fake.advance(2_999_000);
    expect(cast.last().gga()).toHaveLength(3);
    b.controller.abort(new Error('enough'));
    await fake.advance(5);
    expect((await ended).message).toBe('enough');
  });

  test.each([
    ['behind the header in one read', 'HTTP/1.1 200 OK\r\n\r\n', (d: Buffer) => d],
    ['behind ICY', 'ICY 200 OK\r\n', (d: Buffer) => d],
    ['behind ICY and a blank line', 'ICY 200 OK\r\n\r\n', (d: Buffer) => d],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      (d: Buffer) => Buffer.concat([Buffer.from(`${d.length.toString(16)}\r\n`), d, Buffer.from('\r\n')]),
    ],
  ])('no byte is lost: data %s, also byte by byte', async (_how, head, wrap) => {
    const wire = Buffer.concat([Buffer.from(head), wrap(RTCM)]);
    for (const isSplit of [false, true]) {
      const cast = caster((far) => {
        if (isSplit) for (const byte of wire) far.say(Buffer.of(byte));
        else far.say(wire);
      });
      const b = bench(cast);
      const ended = b.run();
      await b.clock.advance(5);
      expect(b.total()).toEqual(RTCM);
      b.controller.abort(new Error('enough'));
      await b.clock.advance(5);
      expect((await ended).message).toBe('enough');
    }
  });

  test.each([
    ['HTTP/1.1 401 Unauthorized\r\n\r\n', 'ntrip.unauthorized', { http: 401 }],
    ['ERROR - Bad Password\r\n', 'ntrip.unauthorized', { line: 'ERROR - Bad Password' }],
    ['SOURCETABLE 200 OK\r\n', 'ntrip.mountpoint', { line: 'SOURCETABLE 200 OK' }],
    ['HTTP/1.1 404 Not Found\r\n\r\n', 'ntrip.mountpoint', { http: 404 }],
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'ntrip.refused', { http: 403 }],
    ['HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nYou are banned\r\n', 'ntrip.refused', { http: 200 }],
    ['HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>sandbox</html>', 'ntrip.refused', { http: 200 }],
    ['HTTP/1.1 503 Busy\r\n\r\n', 'ntrip.unavailable', { http: 503 }],
    ['HTTP/1.1 302 Found\r\n\r\n', 'http.redirect', { http: 302 }],
    ['GARBAGE\r\n', 'ntrip.malformed', { line: 'GARBAGE' }],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n', 'ntrip.malformed', undefined],
  ])('%j is %s', async (text, code, evidence) => {
    const cast = caster(answer(text));
    const b = bench(cast);
    const ended = b.run();
    await b.clock.advance(1500);
    const error = await ended;
    expect(error.code).toBe(code);
    if (evidence) expect(error.evidence).toMatchObject(evidence);
    expect(cast.connections).toHaveLength(1);
    expect(b.clock.pending).toBe(0);
    expect(b.source.snapshot()).toMatchObject({ state: 'waiting', lastReason: code });
    expect(b.source.backoff().capMs).toBe(20_000);
  });

  test.each([
    ['90', 90_000],
    ['999999999', 3_600_000],
    ['Fri, 31 Dec 2999 23:59:59 GMT', 3_600_000],
  ])('429 carries the time it asks for, an hour at most: %s', async (retryAfter, retryAfterMs) => {
    const b = bench(caster(answer(`HTTP/1.1 429 Slow\r\nRetry-After: ${retryAfter}\r\n\r\n`)));
    const ended = b.run();
    await b.clock.advance(1500);
    expect(await ended).toMatchObject({ code: 'ntrip.unavailable', retryAfterMs });
  });

  test.each(['You are banned\r\n', '<html>sandbox</html>'])(
    'a 200 that says "%s" was never a session',
    async (words) => {
      const cast = caster((far) => {
        far.say(OK);
        setImmediate(() => answer(words)(far));
      });
      const b = bench(cast);
      const ended = b.run();
      await b.clock.advance(1000);
      expect((await ended).code).toBe('ntrip.refused');
      expect(b.states).toEqual(['connecting', 'waiting']);
    },
  );

  test('the first data make it a session at once', async () => {
    const cast = caster((far) => far.say(OK));
    const b = bench(cast);
    void b.run();
    await b.clock.advance(100);
    cast.last().say(RTCM);
    await b.clock.advance(1);
    expect(b.states).toEqual(['connecting', 'flowing']);
    b.controller.abort();
  });

  test('a caster that only knows version 1 is asked again in that, and from then on at once', async () => {
    const version1: Script = (far) => {
      if (far.request.includes('HTTP/1.1')) answer('HTTP/1.0 505 Version\r\n\r\n')(far);
      else far.say('ICY 200 OK\r\n');
    };
    const cast = caster(version1);
    const b = bench(cast);
    for (let round = 0; round < 2; round++) {
      const ended = b.run();
      await b.clock.advance(1600);
      expect(b.source.snapshot()).toMatchObject({ state: 'connected', protocol: '1' });
      cast.last().stream.end();
      await b.clock.advance(10);
      await ended;
    }
    expect(cast.connections.map((far) => far.request.split('\r\n')[0])).toEqual([
      'GET /NEAR-RTCM HTTP/1.1',
      'GET /NEAR-RTCM HTTP/1.0',
      'GET /NEAR-RTCM HTTP/1.0',
    ]);
    expect(b.source.snapshot().reconnects).toBe(2);
  });

  test.each<['1' | '2']>([['1'], ['2']])('with protocol %s no other is tried', async (protocol) => {
    const cast = caster((far) => void far.stream.end());
    const b = bench(cast, { protocol });
    const ended = b.run();
    await b.clock.advance(1500);
    expect((await ended).code).toBe('ntrip.unavailable');
    expect(cast.connections).toHaveLength(1);
  });

  test('a caster that does not answer is left after 15 s', async () => {
    const b = bench(caster(() => undefined));
    const ended = b.run();
    await b.clock.advance(15_001);
    expect((await ended).code).toBe('ntrip.unavailable');
    expect(b.clock.pending).toBe(0);
  });

  test('an error of the road is told as such', async () => {
    const b = bench({
      ...caster(accept),
      open: () => Promise.reject(new WaymarkError('net.refused', 'no')),
    });
    expect((await b.run()).code).toBe('net.refused');
    expect(b.source.backoff()).toBe(NETWORK_BACKOFF);
  });
});

describe('the position', () => {
  test('is waited for before the caster is called', async () => {
    const cast = caster(accept);
    const b = bench(cast);
    b.place.now = undefined;
    const ended = b.run();
    await b.clock.advance(30_000);
    expect(cast.connections).toHaveLength(0);
    expect(b.source.snapshot()).toMatchObject({ state: 'waiting', lastReason: 'corrections.no-position' });
    b.place.now = HERE;
    b.place.arrives.resolve(HERE);
    await b.clock.advance(10);
    expect(cast.last().gga()).toHaveLength(1);
    b.controller.abort();
    await b.clock.advance(1500);
    await ended;
  });

  test('that does not come in a minute is corrections.no-position', async () => {
    const b = bench(caster(accept));
    b.place.now = undefined;
    const ended = b.run();
    await b.clock.advance(60_000);
    expect((await ended).code).toBe('corrections.no-position');
  });

  test('that is never to be sent is not waited for', async () => {
    const cast = caster(accept);
    const b = bench(cast, { ggaSeconds: 0 });
    b.place.now = undefined;
    const ended = b.run();
    await b.clock.advance(60_000);
    expect(await ended).toMatchObject({ code: 'corrections.silent', hint: expect.stringContaining('ggaSeconds') });
    expect(cast.last().gga()).toEqual([]);
  });

  test('that is never sent is what a caster that leaves after half a minute has waited for', async () => {
    const cast = caster(accept);
    const b = bench(cast, { ggaSeconds: 0 });
    const ended = b.run();
    await b.clock.advance(29_000);
    cast.last().stream.end();
    await b.clock.advance(10);
    expect(await ended).toMatchObject({ code: 'corrections.silent', hint: expect.stringContaining('ggaSeconds') });
  });

  test('that is lost on the way ends the session, with the reason', async () => {
    const cast = caster(accept);
    const b = bench(cast);
    const ended = b.run();
    await b.clock.advance(100);
    b.place.now = undefined;
    for (let i = 0; i < 4; i++) {
      cast.last().say(RTCM);
      await b.clock.advance(10_000);
    }
    expect((await ended).code).toBe('corrections.no-position');
  });
});

describe('the flow', () => {
  test('silence sends the position again, then gives up; outside the coverage it says so', async () => {
    const cast = caster(accept);
    const b = bench(cast, { ggaSeconds: 60 });
    const ended = b.run();
    await b.clock.advance(30_000);
    expect(cast.last().gga()).toHaveLength(2);
    expect(b.source.snapshot().state).toBe('silent');
    await b.clock.advance(30_100);
    const error = await ended;
    expect(error.code).toBe('corrections.silent');
    expect(error.message).toContain('where we are (configured)');
    expect(error.hint).toContain('outside its coverage');
    expect(cast.last().ended).toBe(true);
  });

  test('a stream that stops is silent, too', async () => {
    const cast = caster(accept);
    const b = bench(cast);
    const ended = b.run();
    await b.clock.advance(10);
    cast.last().say(RTCM);
    await b.clock.advance(61_500);
    expect((await ended).message).toContain('nothing for 60');
  });

  test.each([
    ['blanks', Buffer.from('\r\n')],
    ['a stream of another kind', Buffer.alloc(40, 0x73)],
    ['nothing decided but noise', Buffer.of(0x80, 0x81)],
  ])('%s in place of corrections are silence, and clear no pace', async (_what, noise) => {
    const cast = caster(accept);
    const b = bench(cast);
    let ended = b.run();
    await b.clock.advance(10);
    cast.last().say(RTCM);
    for (let i = 0; i < 13; i++) {
      await b.clock.advance(5000);
      if (!cast.last().ended) cast.last().say(noise);
    }
    expect((await ended).message).toContain('nothing for 60');
    expect(b.source.backoff().capMs).toBe(2000);
    ended = b.run();
    await b.clock.advance(10);
    cast.last().say(Buffer.of(0x80));
    for (let i = 0; i < 62; i++) {
      await b.clock.advance(1000);
      if (!cast.last().ended) cast.last().say(noise);
    }
    const error = await ended;
    expect(error).toMatchObject({ code: 'corrections.silent', hint: expect.stringContaining('mountpoint') });
    // The first failure's wait: nothing of this was a good session.
    expect(b.source.backoff().capMs).toBe(20_000);
  });

  test('the ladder can have the position sent', async () => {
    const cast = caster(accept);
    const b = bench(cast);
    b.source.resubscribe();
    const ended = b.run();
    await b.clock.advance(10);
    b.source.resubscribe();
    await b.clock.advance(10);
    expect(cast.last().gga()).toHaveLength(2);
    b.controller.abort();
    await b.clock.advance(1500);
    await ended;
  });
});

describe('one place per account', () => {
  const once = answer('HTTP/1.1 401 Unauthorized\r\n\r\n');
  test('a 401 soon after our own end is weather, once', async () => {
    const cast = caster(accept, once);
    const b = bench(cast);
    const run = async (): Promise<WaymarkError> => {
      const ended = b.run();
      await b.clock.advance(100);
      cast.last().stream.end();
      await b.clock.advance(1500);
      return ended;
    };
    expect((await run()).code).toBe('net.closed');
    const weather = await run();
    expect(weather.code).toBe('ntrip.unavailable');
    expect(weather.retryAfterMs).toBeGreaterThan(50_000);
    expect((await run()).code).toBe('ntrip.unauthorized');
  });

  test.each([
    ['401, own account', { isConfigured: true }, 'HTTP/1.1 401 No\r\n\r\n', /userName.*corrections\.ntrip\.password/],
    ['401, own account, in the body', { isConfigured: true }, `${OK}ERROR - Bad Password\r\n`, /^(?!.*Thing)/],
    ['401, provisioned account', {}, 'HTTP/1.1 401 No\r\n\r\n', /Thing/],
    ['no answer on a plain port', {}, '', /not ready.*ntrip\.tls to required/],
    ['no answer with TLS', { tls: true }, '', /^(?!.*ntrip\.tls)/],
    ['no caster’s answer on a plain port', {}, 'GARBAGE\r\n', /ntrip\.tls to required/],
  ])('the hint names what concerns it: %s', async (_name, over, text, hint) => {
    const b = bench(caster(answer(text)), over);
    const ended = b.run();
    await b.clock.advance(3000);
    expect((await ended).hint).toMatch(hint);
  });

  const failed = (code: string) => new WaymarkError('tls.failed', code, { evidence: { code } });
  test.each([
    ['no TLS there', failed('ERR_SSL_WRONG_VERSION_NUMBER'), true, /tls to off.*2102/],
    ['no TLS there, provisioned', failed('EPROTO'), false, /ntrip\.tls to auto/],
    ['another TLS failure', failed('ERR_SSL_NO_CIPHER_MATCH'), true, /^The secure connection/],
    ['nobody there', new WaymarkError('net.refused', 'x'), true, /ntrip\.host and corrections\.ntrip\.port/],
    ['nobody there, provisioned', new WaymarkError('net.refused', 'x'), false, /^The server refuses/],
  ])('the hint of a failed dial names its settings: %s', async (_name, error, isConfigured, hint) => {
    const b = bench({ ...caster(accept), open: () => Promise.reject(error) }, { isConfigured, tls: true });
    expect((await b.run()).hint).toMatch(hint);
  });

  test('a 401 a minute later is one', async () => {
    const cast = caster(accept, once);
    const b = bench(cast);
    let ended = b.run();
    await b.clock.advance(100);
    cast.last().stream.end();
    await b.clock.advance(62_000);
    await ended;
    ended = b.run();
    await b.clock.advance(1500);
    expect((await ended).code).toBe('ntrip.unauthorized');
  });
});

describe('assistance', () => {
  function taker(isFresh = false) {
    const offered: string[] = [];
    const sink: AssistanceSink = {
      offer: (frames, from) => void offered.push(`${frames.length} from ${from}`),
      isFresh: () => isFresh || offered.length > 0,
    };
    return { sink, offered };
  }
  const burst = Buffer.concat([RTCM.subarray(0, 20), MGA_FRAME, MGA_FRAME, RTCM.subarray(20)]);

  test('is fetched from the -MGA form once; then the plain one is used', async () => {
    const cast = caster((far) => far.say(Buffer.concat([Buffer.from(OK), burst])), accept);
    const { sink, offered } = taker();
    const b = bench(cast, { mga: true }, sink);
    const ended = b.run();
    await b.clock.advance(2500);
    expect(offered).toEqual([]);
    expect(b.total()).toEqual(RTCM);
    await b.clock.advance(3000);
    expect(offered).toEqual(['2 from caster.test/NEAR-RTCM']);
    expect(cast.connections[0]?.ended).toBe(true);
    await b.clock.advance(2500);
    expect(cast.connections.map((far) => far.request.split(' ')[1])).toEqual(['/NEAR-RTCM-MGA', '/NEAR-RTCM']);
    expect(b.source.snapshot()).toMatchObject({
      mgaFrames: 2,
      mgaBytes: 2 * MGA_FRAME.length,
      connects: 2,
      reconnects: 1,
    });
    b.controller.abort();
    await b.clock.advance(1500);
    await ended;
  });

  test.each([
    ['there is something fresh', true, true],
    ['it is not wanted', false, false],
  ])('is not fetched when %s', async (_when, isFresh, mga) => {
    const cast = caster(accept);
    const b = bench(cast, { mga }, taker(isFresh).sink);
    const ended = b.run();
    await b.clock.advance(10);
    expect(cast.last().request).toContain('GET /NEAR-RTCM ');
    b.controller.abort();
    await b.clock.advance(1500);
    await ended;
  });

  test('a caster without the -MGA form is used without', async () => {
    const cast = caster(answer('SOURCETABLE 200 OK\r\n'), accept);
    const b = bench(cast, { mga: true }, taker().sink);
    const ended = b.run();
    await b.clock.advance(4000);
    expect(cast.last().request).toContain('GET /NEAR-RTCM ');
    expect(b.source.snapshot().state).toBe('connected');
    b.controller.abort();
    await b.clock.advance(1500);
    await ended;
  });

  test('a session that ends in the middle hands over what it has, and does not fetch again soon', async () => {
    const cast = caster((far) => {
      far.say(Buffer.concat([Buffer.from(OK), burst]));
      far.stream.end();
    }, accept);
    const { sink, offered } = taker();
    const b = bench(cast, { mga: true }, { ...sink, isFresh: () => false });
    const first = b.run();
    await b.clock.advance(1500);
    expect((await first).code).toBe('net.closed');
    expect(offered).toHaveLength(1);
    const second = b.run();
    await b.clock.advance(10);
    expect(cast.last().request).toContain('GET /NEAR-RTCM ');
    b.controller.abort();
    await b.clock.advance(1500);
    await second;
  });
});

describe('the proof of an NTRIP identity', () => {
  const identity: NtripIdentity = {
    shape: 'ntrip',
    version: 1,
    host: 'caster.test',
    port: 2101,
    userName: 'gw',
    password,
    mountPoint: 'NEAR-RTCM',
  };
  async function prove(script: Script, prepare?: (slots: ReturnType<typeof createSlotMemory>) => void) {
    const clock = createFakeClock();
    const cast = caster(script);
    const slots = createSlotMemory({ clock });
    prepare?.(slots);
    const { signal } = new AbortController();
    const proof = proveByConnect(
      () => Promise.reject(new Error('not MQTT')),
      (shown, abort) => proveNtrip({ open: cast.open, clock, agentVersion: '1', slots }, shown, abort),
    )(identity, signal).then(
      () => 'good',
      (error: unknown) => (error as WaymarkError).code,
    );
    await clock.advance(5000);
    return { result: await proof, cast, pending: clock.pending, slots };
  }

  test.each([
    ['200', OK, 'good'],
    ['ICY', 'ICY 200 OK\r\n', 'good'],
    ['401', 'HTTP/1.1 401 No\r\n\r\n', 'ntrip.unauthorized'],
    ['a refusal in words', `${OK}banned`, 'ntrip.refused'],
    ['a page', `${OK}<html>`, 'ntrip.malformed'],
    ['a source table', 'SOURCETABLE 200 OK\r\n', 'ntrip.mountpoint'],
  ])('%s: %s', async (_name, text, expected) => {
    const { result, cast, pending } = await prove((far) => far.say(text));
    expect(result).toBe(expected);
    expect(cast.last().ended).toBe(true);
    expect(cast.last().gga()).toEqual([]);
    expect(pending).toBe(0);
  });

  test('a 401 while our own session holds the place is no refusal', async () => {
    const { result } = await prove(answer('HTTP/1.1 401 No\r\n\r\n'), (slots) => slots.opened('gw@caster.test'));
    expect(result).toBe('ntrip.unavailable');
  });

  test('its end explains a 401 that follows', async () => {
    const { slots } = await prove(accept);
    expect(slots.explains('gw@caster.test')).toBeGreaterThan(0);
  });
});
