// The simulated caster over real sockets, row by row of its table (specs/ublox.md 7.3, rows 28 to 34).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../../src/core/index.js';
import { createCorrectionStream } from '../../../src/sim/cadence.js';
import type { CasterFault, CasterSettings, SimClouds } from '../../../src/sim/clouds/index.js';
import { CFG, checkUbx, createSimReceiver, ubxFrame } from '../../../src/sim/receiver/index.js';
import { cutSpartn } from '../../../src/sim/spartn.js';
import { cutRtcm } from '../rtcm-frames.js';
import { scratch, startClouds, until } from './helpers.js';
import { ggaAt, type Rover, type RoverOptions, rover } from './rover.js';

const HERE = ggaAt();
const NOWHERE = ggaAt(0, 0);

/** Up to the head. */
async function joined(clouds: SimClouds, options: RoverOptions = {}): Promise<Rover> {
  const made = rover(clouds, options);
  await made.head();
  return made;
}
const spartnOf = (bytes: Buffer): { frames: number; junk: number } => {
  const pieces = cutSpartn(bytes);
  return {
    frames: pieces.filter(({ is }) => is === 'frame').length,
    junk: pieces.reduce((sum, piece) => sum + (piece.is === 'junk' ? piece.bytes.length : 0), 0),
  };
};
const sent = (clouds: SimClouds): number => clouds.caster.stats.connections.at(-1)!.bytesSent;
/** Everything the caster says it has sent has come. */
const complete = (clouds: SimClouds, one: Rover): Promise<void> =>
  until('all data', () => sent(clouds) > 0 && one.body().length === sent(clouds));

describe('28: forms of the answer', () => {
  test('NTRIP 1 is answered ICY, NTRIP 2 HTTP/1.1 with its content type', async () => {
    const clouds = await startClouds();
    const one = await joined(clouds, { ntrip: 1 });
    expect(await one.head()).toBe('ICY 200 OK\r\n\r\n');
    one.socket.destroy();
    await until('the slot', () => !clouds.caster.stats.connections[0]!.isLive);
    const two = await joined(clouds, { ntrip: 2 });
    expect(await two.head()).toMatch(/^HTTP\/1\.1 200 OK\r\nNtrip-Version: Ntrip\/2\.0\r\n/);
    expect(await two.head()).toContain('\r\nContent-Type: gnss/data\r\n');
    expect(await two.head()).not.toMatch(/chunked|gzip/);
  });

  test.each([
    ['icy', 'off', 'usual'],
    ['icy', 'off', 'bytes'],
    ['http', 'off', 'usual'],
    ['http', 'chunk', 'usual'],
    ['http', 'stream', 'bytes'],
    ['chunked', 'off', 'usual'],
    ['chunked', 'off', 'bytes'],
    ['chunked', 'chunk', 'bytes'],
    ['chunked', 'stream', 'usual'],
  ] as const)('%s, gzip %s, segments %s: unpacked it is whole frames', async (answer, gzip, segments) => {
    const clouds = await startClouds();
    clouds.caster.configure({ answer, gzip, segments, rtcmPeriodS: 60 });
    const one = await joined(clouds, { mountPoint: 'NEAR-RTCM' });
    one.send(HERE);
    await complete(clouds, one);
    const { messages, junk } = cutRtcm(one.body());
    expect(junk).toBe(0);
    expect(messages.map(({ type }) => type)).toEqual([1005, 1230, 1033, 1008, 1074, 1084, 1094, 1124]);
    if (segments === 'bytes') expect(one.segments.length).toBeGreaterThan(300);
  });

  test('without its empty line ICY is one line and data', async () => {
    const clouds = await startClouds();
    clouds.caster.configure({ icyEnd: 'line' });
    const one = await joined(clouds, { ntrip: 1 });
    one.send(HERE);
    await complete(clouds, one);
    expect(one.text()).toMatch(/^ICY 200 OK\r\ns/);
  });

  test.each(['icy', 'http', 'chunked'] as const)(
    '%s: head and first data in one segment, before any GGA',
    async (answer) => {
      const clouds = await startClouds({ clock: createFakeClock() });
      clouds.caster.configure({ answer, segments: 'joined' });
      const one = await joined(clouds);
      await complete(clouds, one);
      expect(one.segments).toHaveLength(1);
      expect(spartnOf(one.body()).junk).toBe(0);
      const before = one.body().length;
      one.send(HERE);
      await until('more', () => one.body().length > before);
    },
  );

  test('TLS with the authority’s certificate carries the same', async () => {
    const clouds = await startClouds();
    const one = await joined(clouds, { tls: true });
    one.send(HERE);
    await complete(clouds, one);
    expect(spartnOf(one.body())).toEqual({ frames: 26, junk: 0 });
    expect(clouds.caster.stats.connections).toMatchObject([{ isTls: true, ntrip: 2 }]);
  });

  test('a face to be refused is refused', async () => {
    const clouds = await startClouds();
    await clouds.caster.show('foreign');
    const one = rover(clouds, { tls: true });
    await until('refusal', one.isClosed);
    expect(one.error()?.code).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED/);
  });
});

describe('29: the position starts the stream and keeps it', () => {
  test('no data before a valid GGA; its check and its quality count', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const one = await joined(clouds);
    one.send(HERE.replace(/..$/, '00'));
    one.send(ggaAt(48.2, 16.37, 0));
    one.send('');
    await until('the lines', () => clouds.caster.stats.connections[0]!.badLines === 3);
    await clock.advance(10_000);
    expect(one.body().length).toBe(0);
    one.send(HERE);
    await until('data', () => one.body().length > 0);
    expect(clouds.caster.stats.connections[0]).toMatchObject({ ggas: 1, lastGga: HERE, isStreaming: true });
  });

  test('30 s without one end the connection, and every one puts that off', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const one = await joined(clouds);
    for (let i = 1; i <= 3; i++) {
      await clock.advance(29_000);
      one.send(HERE);
      await until('the GGA', () => clouds.caster.stats.connections[0]!.ggas === i);
    }
    await clock.advance(29_000);
    expect(one.isClosed()).toBe(false);
    await clock.advance(1500);
    await until('close', one.isClosed);
    expect(clouds.caster.stats.connections[0]).toMatchObject({ ggas: 3, endedBy: 'gga-silence', isLive: false });
    expect(clouds.caster.stats.users[clouds.description.pointperfect.ntrip.userName]).toMatchObject({ ggas: 3 });
  });

  test('one that never comes ends it too, and one in the head counts', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const silent = await joined(clouds);
    await clock.advance(30_500);
    await until('close', silent.isClosed);
    const early = await joined(clouds, { headers: [`Ntrip-GGA: ${HERE}`] });
    await until('data', () => early.body().length > 0);
  });

  test('a request that never ends is cut', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const one = rover(clouds, { raw: 'GET /NEAR-RTCM HTTP/1.0\r\n' });
    await until('connection', () => clouds.caster.door.live === 1);
    await clock.advance(10_500);
    await until('close', one.isClosed);
    expect(one.bytes()).toHaveLength(0);
  });
});

describe('30: refusals', () => {
  const answer = async (clouds: SimClouds, options: RoverOptions): Promise<string> => {
    const one = rover(clouds, options);
    await until('close', one.isClosed);
    return one.text();
  };

  test('a wrong password, an unknown user and none are 401, by the version asked in', async () => {
    const clouds = await startClouds();
    expect(await answer(clouds, { password: 'x' })).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(await answer(clouds, { userName: 'nobody' })).toMatch(
      /\r\nWWW-Authenticate: Basic realm="\/NEAR-SPARTN"\r\n/,
    );
    expect(await answer(clouds, { userName: '', ntrip: 1 })).toMatch(/^HTTP\/1\.0 401 Unauthorized\r\n/);
    expect(clouds.caster.stats).toMatchObject({ connects: 0, refused: { 'bad-password': 2, 'no-credentials': 1 } });
  });

  test('a wrong password is the old line when set so', async () => {
    const clouds = await startClouds();
    clouds.caster.configure({ badPassword: 'error' });
    expect(await answer(clouds, { password: 'x' })).toBe('ERROR - Bad Password\r\n');
  });

  test.each([1, 2] as const)('an unknown mountpoint gets the table (NTRIP %i)', async (ntrip) => {
    const clouds = await startClouds();
    const text = await answer(clouds, { mountPoint: 'ELSEWHERE', ntrip });
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(/^SOURCETABLE 200 OK\r\n/);
    expect(head).toContain(`Content-Length: ${body.length}`);
    const streams = body.split('\r\n').filter((line) => line.startsWith('STR;'));
    expect(streams.map((line) => line.split(';')[1])).toEqual([
      ...['NEAR-SPARTN', 'NEAR-SPARTN-MGA', 'NEAR-RTCM', 'NEAR-RTCM-MGA'],
    ]);
    for (const line of streams) expect(line.split(';')).toHaveLength(19);
    expect(body).toMatch(/\r\nENDSOURCETABLE\r\n$/);
  });

  test('the table asked for is HTTP for NTRIP 2 only, without credentials', async () => {
    const clouds = await startClouds();
    const ask = { mountPoint: '', userName: '' };
    expect(await answer(clouds, { ...ask, ntrip: 1 })).toMatch(/^SOURCETABLE 200 OK\r\n/);
    expect(await answer(clouds, { ...ask, ntrip: 2 })).toMatch(/^HTTP\/1\.1 200 OK\r\n.*gnss\/sourcetable/s);
    expect(clouds.caster.stats).toMatchObject({ tables: 2, refused: {} });
  });

  test.each([
    ['banned', /^HTTP\/1\.1 200 OK\r\n[^]*banned/],
    ['sandbox', /^HTTP\/1\.1 200 OK\r\n[^]*sandbox/],
    ['taken', /^ERROR - Mount Point Taken or Invalid\r\n$/],
    ['bad-password', /^ERROR - Bad Password\r\n$/],
    ['401', /^HTTP\/1\.1 401 /],
    ['404', /^HTTP\/1\.1 404 /],
    ['500', /^HTTP\/1\.1 500 /],
    ['503', /^HTTP\/1\.1 503 /],
    ['babble', /^[^H]/],
  ] as [CasterFault, RegExp][])('the fault %s answers once, then all is well', async (fault, pattern) => {
    const clouds = await startClouds();
    clouds.caster.pushFault(fault);
    expect(await answer(clouds, { password: 'x' })).toMatch(/^HTTP\/1\.1 401 /);
    expect(await answer(clouds, {})).toMatch(pattern);
    const { refused } = clouds.caster.stats;
    expect(Object.values(refused).reduce((sum, n) => sum + n, 0)).toBe(2);
    expect(refused[fault]).toBe(fault === 'bad-password' ? 2 : 1);
    expect(await (await joined(clouds)).head()).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('a mute caster says nothing and keeps the connection', async () => {
    const clouds = await startClouds();
    clouds.caster.pushFault('mute');
    const one = rover(clouds);
    await until('the request', () => clouds.caster.stats.refused['mute'] === 1);
    expect([one.bytes().length, one.isClosed()]).toEqual([0, false]);
  });

  test('a request that is none is 400', async () => {
    const clouds = await startClouds();
    expect(await answer(clouds, { raw: 'HELO\r\n\r\n' })).toMatch(/^HTTP\/1\.1 400 /);
    expect(await answer(clouds, { raw: '\u0016\u0003\u0001\u0002' })).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('an open door', () => {
  test('streams to several who name no user, and still looks at the password of one who does', async () => {
    const clouds = await startClouds();
    const nobody = { userName: '' };
    expect(await (await joined(clouds, nobody)).head()).toMatch(/^HTTP\/1\.1 401 /);
    clouds.caster.configure({ door: 'open' });
    const both = [await joined(clouds, nobody), await joined(clouds, nobody)];
    for (const one of both) {
      one.send(HERE);
      await until('data', () => one.body().length > 0);
    }
    expect(await (await joined(clouds, { password: 'wrong' })).head()).toMatch(/^HTTP\/1\.1 401 /);
    clouds.caster.cutSessions();
    await until('both are gone', () => both.every((one) => one.isClosed()));
  });
});

describe('31: one connection a user', () => {
  test('a second one is 401 and the first goes on', async () => {
    const clouds = await startClouds();
    const first = await joined(clouds);
    const second = rover(clouds);
    await until('refusal', second.isClosed);
    expect(second.text()).toMatch(/^HTTP\/1\.1 401 /);
    first.send(HERE);
    await until('data', () => first.body().length > 0);
    expect(clouds.caster.stats).toMatchObject({ connects: 1, refused: { 'second-connection': 1 } });
  });

  test('or the older one is closed, on another mountpoint too', async () => {
    const clouds = await startClouds();
    clouds.caster.configure({ second: 'replace' });
    const first = await joined(clouds);
    const second = await joined(clouds, { mountPoint: 'NEAR-RTCM' });
    await until('replaced', first.isClosed);
    second.send(HERE);
    await until('data', () => second.body().length > 0);
    expect(clouds.caster.stats.connections.map(({ endedBy }) => endedBy)).toEqual(['replaced', undefined]);
  });

  test('after a clean end the next one is welcome at once', async () => {
    const clouds = await startClouds();
    for (let i = 0; i < 3; i++) {
      const one = await joined(clouds);
      one.socket.end();
      await until('close', one.isClosed);
    }
    expect(clouds.caster.stats).toMatchObject({ connects: 3, refused: {} });
  });

  test('a slot that is held answers 401 until its time is over', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.caster.configure({ holdS: 20, second: 'replace' });
    (await joined(clouds)).socket.destroy();
    await until('the end', () => clouds.caster.stats.connections[0]!.endedBy !== undefined);
    const early = rover(clouds);
    await until('refusal', early.isClosed);
    expect(early.text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(clouds.caster.stats.refused).toEqual({ 'slot-held': 1 });
    await clock.advance(20_000);
    expect(await (await joined(clouds)).head()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('32: -MGA mountpoints', () => {
  const MGA_BYTES = 32 + 31 * 76 + 24 * 84;
  const burst = async (settings: Partial<CasterSettings>, mountPoint: string) => {
    const clouds = await startClouds({ clock: createFakeClock() });
    clouds.caster.configure(settings);
    const one = await joined(clouds, { mountPoint });
    one.send(HERE);
    await complete(clouds, one);
    return { clouds, one, body: one.body() };
  };

  test.each(['NEAR-SPARTN-MGA', 'NEAR-RTCM-MGA'])(
    '%s: time, orbits, corrections in one segment, billed',
    async (mount) => {
      const { clouds, one, body } = await burst({}, mount);
      // The head, and everything else.
      expect(one.segments).toHaveLength(2);
      const first = checkUbx(body);
      expect(first.is === 'frame' && [first.message.cls, first.message.id, first.message.payload[0]]).toEqual([
        0x13, 0x40, 0x10,
      ]);
      const ids = new Set<number>();
      let at = 0;
      while (at < MGA_BYTES) {
        const check = checkUbx(body.subarray(at));
        if (check.is !== 'frame') throw new Error(`no frame at ${at}`);
        ids.add(check.message.id);
        at += check.length;
      }
      expect([at, [...ids]]).toEqual([MGA_BYTES, [0x40, 0x00, 0x02]]);
      const rest = body.subarray(at);
      expect(mount.includes('SPARTN') ? spartnOf(rest).junk : cutRtcm(rest).junk).toBe(0);
      expect(rest.length).toBeGreaterThan(0);
      const { userName } = clouds.description.pointperfect.ntrip;
      expect(clouds.caster.stats.users[userName]).toMatchObject({ billedFetches: 1 });
    },
  );

  test('inside the first correction frame when set so: both halves make one frame', async () => {
    const { body } = await burst({ mga: 'between' }, 'NEAR-SPARTN-MGA');
    expect(body.subarray(0, 1).toString()).toBe('s');
    const from = body.indexOf(Buffer.from([0xb5, 0x62, 0x13, 0x40]));
    expect(from).toBe(7);
    const rest = Buffer.concat([body.subarray(0, from), body.subarray(from + MGA_BYTES)]);
    expect(spartnOf(rest)).toEqual({ frames: 26, junk: 0 });
  });

  test('every connection is billed, the plain mountpoint never', async () => {
    const { clouds, one } = await burst({}, 'NEAR-SPARTN-MGA');
    one.socket.destroy();
    await until('the end', () => !clouds.caster.stats.connections[0]!.isLive);
    const plain = await joined(clouds);
    plain.send(HERE);
    await complete(clouds, plain);
    expect(clouds.caster.stats.connections.map(({ billedFetches }) => billedFetches)).toEqual([1, 0]);
  });
});

describe('33: outside coverage', () => {
  test('200 and silence; inside it starts, outside again it stops', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const one = await joined(clouds);
    one.send(NOWHERE);
    await until('the GGA', () => clouds.caster.stats.connections[0]!.ggas === 1);
    await clock.advance(15_000);
    expect([one.body().length, one.isClosed()]).toEqual([0, false]);
    one.send(HERE);
    await complete(clouds, one);
    one.send(NOWHERE);
    await until('the GGA', () => clouds.caster.stats.connections[0]!.ggas === 3);
    const before = sent(clouds);
    await clock.advance(15_000);
    expect(sent(clouds)).toBe(before);
  });

  test('coverage is a setting', async () => {
    const clouds = await startClouds();
    clouds.caster.configure({ coverage: 'world' });
    const one = await joined(clouds);
    one.send(NOWHERE);
    await until('data', () => one.body().length > 0);
  });
});

describe('34: damage', () => {
  const damaged = async (fault: CasterFault, mountPoint = 'NEAR-RTCM') => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.caster.setFault(fault);
    const one = await joined(clouds, { mountPoint });
    one.send(HERE);
    await until('the GGA', () => clouds.caster.stats.connections[0]!.ggas === 1);
    return { clock, clouds, one };
  };

  test('garbage lies between the frames, and no frame is lost', async () => {
    const { clock, clouds, one } = await damaged('garbage');
    await clock.advance(5000);
    await complete(clouds, one);
    const { messages, junk } = cutRtcm(one.body());
    expect(junk).toBeGreaterThan(5);
    expect(messages.filter(({ type }) => type === 1074)).toHaveLength(6);
  });

  test('half frames end in the middle, and whole ones follow', async () => {
    const { clock, clouds, one } = await damaged('half-frames');
    await clock.advance(5000);
    await complete(clouds, one);
    const { messages, junk } = cutRtcm(one.body());
    expect(junk).toBeGreaterThan(5);
    expect(messages.filter(({ type }) => type === 1074).length).toBeGreaterThan(0);
    expect(messages.filter(({ type }) => type === 1124)).toHaveLength(0);
  });

  test('a reset comes in the middle of a frame', async () => {
    const { clock, clouds, one } = await damaged('reset', 'NEAR-SPARTN');
    await complete(clouds, one);
    await clock.advance(50);
    await until('close', one.isClosed);
    expect(one.error()?.code).toBe('ECONNRESET');
    expect(one.body().length).toBe(sent(clouds));
    expect(spartnOf(one.body()).junk).toBeGreaterThan(0);
    expect(clouds.caster.stats.connections[0]).toMatchObject({ endedBy: 'reset' });
  });

  test('a stall is silence on an open connection, also of one that was well; healed, it goes on', async () => {
    const { clock, clouds, one } = await damaged('stall');
    await clock.advance(5000);
    expect([one.body().length, one.isClosed()]).toEqual([0, false]);
    clouds.caster.setFault(undefined);
    await clock.advance(1000);
    await until('data', () => one.body().length > 0);
    clouds.caster.setFault('stall');
    const before = sent(clouds);
    await clock.advance(5000);
    expect(sent(clouds)).toBe(before);
  });

  test('a rover that reads nothing is dropped, not hoarded for', async () => {
    const file = join(scratch(), 'recording');
    // More than the kernel's buffers on both sides take.
    writeFileSync(file, Buffer.alloc(8_000_000));
    const clouds = await startClouds({ capture: { file, speed: 1 } });
    const one = await joined(clouds);
    one.socket.pause();
    one.send(HERE);
    await until('the end', () => clouds.caster.stats.connections[0]!.endedBy === 'too-slow');
  });
});

describe('what comes of it', () => {
  test('the unencrypted stream gives the simulated receiver its fix, without keys', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    let feed: (bytes: Uint8Array) => void = () => {};
    const port = { write: () => {}, onBytes: (cb: (bytes: Uint8Array) => void) => ((feed = cb), () => {}) };
    using receiver = createSimReceiver({ port, clock, log: silentLogger }, { seed: 's', keyCheck: 'tag' });
    const valset = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0, 1]);
    valset.writeUInt32LE(CFG.usbInSpartn, 4);
    feed(ubxFrame(0x06, 0x8a, valset));
    await clock.advance(3000);
    const one = await joined(clouds);
    one.send(HERE);
    await complete(clouds, one);
    feed(one.body());
    await clock.advance(5000);
    expect(receiver.quality).toBe('rtk_fixed');
    expect(receiver.counters).toMatchObject({ used: 26, notDecrypted: 0, crcErrors: 0 });
  });

  test('the same seed sends the same bytes', async () => {
    const bytes = async (mountPoint: string): Promise<string> => {
      const clouds = await startClouds({ clock: createFakeClock(), seed: 'same' });
      const one = await joined(clouds, { mountPoint });
      one.send(HERE);
      await complete(clouds, one);
      return one.body().toString('hex');
    };
    for (const mountPoint of ['NEAR-SPARTN-MGA', 'NEAR-RTCM'])
      expect(await bytes(mountPoint)).toBe(await bytes(mountPoint));
  });

  test('unreachable, both doors cut and answer nothing; reachable again, they serve', async () => {
    const clouds = await startClouds();
    const one = await joined(clouds);
    clouds.setReachable(false);
    await until('cut', one.isClosed);
    const other = rover(clouds, { tls: true });
    await until('cut', other.isClosed);
    expect(other.bytes()).toHaveLength(0);
    clouds.setReachable(true);
    await joined(clouds, { tls: true });
    expect(clouds.caster.stats.connections.map(({ endedBy }) => endedBy)).toEqual(['cut', undefined]);
  });

  test('sessions cut by hand may come back at once', async () => {
    const clouds = await startClouds();
    const one = await joined(clouds);
    clouds.caster.cutSessions();
    await until('cut', one.isClosed);
    await joined(clouds);
    expect(clouds.caster.stats.connects).toBe(2);
  });

  test('a recording plays on once, over connections', async () => {
    const clock = createFakeClock();
    const pieces: Uint8Array[] = [];
    const stop = createCorrectionStream({ clock, seed: 'recorded' }).start(({ payload }) => pieces.push(payload));
    await clock.advance(20_000);
    stop();
    const recording = Buffer.concat(pieces);
    const file = join(scratch(), 'recording');
    writeFileSync(file, recording);
    const clouds = await startClouds({ clock, capture: { file, speed: 1 } });
    const bodies: Buffer[] = [];
    for (let i = 0; i < 3; i++) {
      const one = await joined(clouds);
      one.send(HERE);
      await complete(clouds, one);
      if (i > 0) await clock.advance(12_000);
      await complete(clouds, one);
      bodies.push(one.body());
      one.socket.destroy();
      await until('the end', () => !clouds.caster.stats.connections[i]!.isLive);
      if (Buffer.concat(bodies).length === recording.length) break;
    }
    expect(Buffer.concat(bodies).equals(recording)).toBe(true);
  });
});
