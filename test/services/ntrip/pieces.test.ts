import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type CoarsePosition, createFakeClock, Secret, scrubber } from '../../../src/core/index.js';
import {
  type Answer,
  buildGga,
  buildNtripRequest,
  createAnswerReader,
  createDechunker,
  createIcyTail,
  createInflater,
  createIntake,
  createMgaSplitter,
  createSlotMemory,
  FIRST_PACE,
  ggaFor,
  kindOfMountPoint,
  nextPace,
  nmeaChecksum,
  ntripBackoff,
  ntripTarget,
  paceWaitMs,
} from '../../../src/services/index.js';
import { createRandom, cutRandomly } from '../../modem/random.js';
import { MGA_FRAME, rtcmFrame, SPARTN_HEAD } from './frames.js';

const base = { host: 'caster.test', port: 2102, mountPoint: 'NEAR-SPARTN', agentVersion: '1.2.3' };
const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;

describe('the request', () => {
  test('in version 2, with user and password', () => {
    const password = new Secret('password', 'open:sesame');
    expect(buildNtripRequest({ ...base, version: '2', userName: 'gw', password }).toString()).toBe(
      'GET /NEAR-SPARTN HTTP/1.1\r\nHost: caster.test:2102\r\nNtrip-Version: Ntrip/2.0\r\n' +
        `User-Agent: NTRIP waymark/1.2.3\r\nAuthorization: Basic ${btoa('gw:open:sesame')}\r\nConnection: close\r\n\r\n`,
    );
  });

  test('what it carries is known again in whatever a caster says back', () => {
    const account = 'echo-user:Echo-Pass-word-1';
    const password = new Secret('password', 'Echo-Pass-word-1');
    buildNtripRequest({ ...base, version: '2', userName: 'echo-user', password });
    expect(scrubber.scrub(`you sent ${btoa(account)}, ${account}`)).toBe(
      'you sent [secret password], [secret password]',
    );
  });

  test('in version 1, without a user', () => {
    expect(buildNtripRequest({ ...base, version: '1' }).toString()).toBe(
      'GET /NEAR-SPARTN HTTP/1.0\r\nHost: caster.test:2102\r\nUser-Agent: NTRIP waymark/1.2.3\r\nConnection: close\r\n\r\n',
    );
  });

  test.each([
    ['a/b', 'GET /a/b HTTP'],
    ['/NEAR-RTCM', 'GET /NEAR-RTCM HTTP'],
    ['a?b#c%', 'GET /a%3Fb%23c%25 HTTP'],
  ])('the mountpoint %s is sent as %s', (mountPoint, line) => {
    expect(buildNtripRequest({ ...base, version: '2', mountPoint }).toString()).toContain(line);
  });

  test('an IPv6 address stands in brackets', () => {
    expect(buildNtripRequest({ ...base, version: '2', host: '::1' }).toString()).toContain('Host: [::1]:2102\r\n');
  });

  test.each([
    ['a line end in the mountpoint', { mountPoint: 'A\r\nX: y' }, 'config.invalid'],
    ['a blank in it', { mountPoint: 'A B' }, 'config.invalid'],
    ['none', { mountPoint: '' }, 'config.invalid'],
    ['one that climbs', { mountPoint: 'a/../b' }, 'config.invalid'],
    ['a line end in the host', { host: 'h\r\nX: y' }, 'config.invalid'],
    ['a port that is none', { port: 0 }, 'config.invalid'],
    ['a colon in the user name', { userName: 'a:b' }, 'config.invalid'],
    ['a line end in the user name', { userName: 'a\n' }, 'config.invalid'],
    ['a line end in the password', { userName: 'a', password: new Secret('password', 'x\r\ny') }, 'secret.malformed'],
    ['letters no caster knows', { userName: 'a', password: new Secret('password', 'pässword') }, 'secret.malformed'],
  ])('%s is refused before anything is sent', (_rule, over, error) => {
    expect(() => buildNtripRequest({ ...base, version: '2', ...over })).toThrow(code(error));
  });
});

const DATA = Buffer.from([0xd3, 0, 1, 2, 0x0d, 0x0a, 0x0d, 0x0a, 0x73]);
const answers: [string, string, Record<string, unknown>][] = [
  [
    'HTTP/1.1 200',
    'HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\n\r\n',
    { is: 'stream', version: '2', chunked: false, gzip: false },
  ],
  ['HTTP/1.0 200 without a word', 'HTTP/1.0 200\r\n\r\n', { is: 'stream', version: '2' }],
  ['line ends without CR', 'HTTP/1.1 200 OK\nServer: x\n\n', { is: 'stream', version: '2' }],
  ['chunked', 'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n', { is: 'stream', chunked: true, gzip: false }],
  [
    'chunked and packed',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n',
    { is: 'stream', chunked: true, gzip: true },
  ],
  ['ICY', 'ICY 200 OK\r\n', { is: 'stream', version: '1', chunked: false }],
  ['ICY without CR', 'ICY 200 OK\n', { is: 'stream', version: '1' }],
  [
    'a source table',
    'SOURCETABLE 200 OK\r\n',
    { kind: 'mountpoint', line: 'SOURCETABLE 200 OK', maybeVersion1: false },
  ],
  [
    'a source table of version 2',
    'HTTP/1.1 200 OK\r\nContent-Type: gnss/sourcetable\r\n\r\n',
    { kind: 'mountpoint', http: 200 },
  ],
  [
    '401',
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n',
    { kind: 'unauthorized', http: 401, maybeVersion1: false },
  ],
  ['ICY 401', 'ICY 401 Unauthorized\r\n', { kind: 'unauthorized', http: 401 }],
  ['403', 'HTTP/1.1 403 Forbidden\r\n\r\n', { kind: 'refused', http: 403, maybeVersion1: false }],
  ['404', 'HTTP/1.1 404 Not Found\r\n\r\n', { kind: 'mountpoint', http: 404 }],
  ['400, as from version 1', 'HTTP/1.0 400 Bad Request\r\n\r\n', { kind: 'refused', http: 400, maybeVersion1: true }],
  ['505, as from version 1', 'HTTP/1.0 505 Version\r\n\r\n', { kind: 'unavailable', maybeVersion1: true }],
  [
    '429 with a time',
    'HTTP/1.1 429 Slow\r\nRetry-After: 90\r\n\r\n',
    { kind: 'unavailable', http: 429, retryAfter: '90' },
  ],
  ['503', 'HTTP/1.1 503 Busy\r\n\r\n', { kind: 'unavailable', http: 503, maybeVersion1: false }],
  ['302', 'HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n', { kind: 'redirect', http: 302 }],
  ['204', 'HTTP/1.1 204 No\r\n\r\n', { kind: 'malformed', http: 204 }],
  ['ERROR about the password', 'ERROR - Bad Password\r\n', { kind: 'unauthorized', line: 'ERROR - Bad Password' }],
  ['ERROR about the mountpoint', 'ERROR - Mount Point Taken or Invalid\r\n', { kind: 'mountpoint' }],
  ['ERROR about something else', 'ERROR - Bad Request\r\n', { kind: 'refused', maybeVersion1: true }],
  ['another protocol', 'SSH-2.0-x\r\n', { kind: 'malformed' }],
  ['garbage without an end', '\u0000\u0001\u0002', { kind: 'malformed' }],
  ['a header that does not end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(3000)}`, { kind: 'malformed' }],
];

function read(pieces: readonly Buffer[]): { answer: Answer; rest: Buffer } {
  const reader = createAnswerReader();
  for (const [index, piece] of pieces.entries()) {
    const answer = reader.push(piece);
    if (!answer) continue;
    const rest = answer.is === 'stream' ? Buffer.from(answer.rest) : Buffer.alloc(0);
    return { answer, rest: Buffer.concat([rest, ...pieces.slice(index + 1)]) };
  }
  return { answer: reader.end(), rest: Buffer.alloc(0) };
}

describe('the answer', () => {
  test.each(answers)('%s', (_name, text, expected) => {
    const { answer, rest } = read([Buffer.concat([Buffer.from(text, 'latin1'), DATA])]);
    expect(answer).toMatchObject(expected);
    if (answer.is === 'stream') expect(rest).toEqual(DATA);
  });

  test.each(answers)('%s: any cut of the bytes is the same answer, and no data are lost', (_name, text) => {
    const bytes = Buffer.concat([Buffer.from(text, 'latin1'), DATA]);
    const whole = read([bytes]);
    const random = createRandom(7);
    const cuts = bytes.length > 1000 ? [cutRandomly(bytes, random, 2000)] : [];
    if (bytes.length <= 1000)
      for (let at = 0; at <= bytes.length; at++) cuts.push([bytes.subarray(0, at), bytes.subarray(at)]);
    if (bytes.length <= 1000) cuts.push(Array.from(bytes, (byte) => Buffer.of(byte)));
    for (const cut of cuts) {
      const { answer, rest } = read(cut);
      expect({ ...answer, rest: undefined, line: undefined }).toEqual({
        ...whole.answer,
        rest: undefined,
        line: undefined,
      });
      if (answer.is === 'stream') expect(rest).toEqual(DATA);
    }
  });

  test('an end in the middle says what there was', () => {
    expect(read([Buffer.from('ERROR - Bad Password')]).answer).toMatchObject({ kind: 'unauthorized' });
    expect(read([Buffer.from('HTTP/1.1 200 OK\r\nServer: x')]).answer).toMatchObject({ kind: 'malformed' });
    expect(read([]).answer).toMatchObject({ kind: 'unavailable', line: '', maybeVersion1: true });
  });

  test('a caster that echoes the request betrays nothing, and long lines are cut', () => {
    const secret = btoa('gw:a-long-password');
    const { answer } = read([
      Buffer.from(`ERROR - Authorization: Basic ${secret} \u0007${'x'.repeat(500)}\r\n`, 'latin1'),
    ]);
    const line = (answer as { line: string }).line;
    expect(line).not.toContain(secret);
    expect(line.length).toBeLessThanOrEqual(120);
    expect(line).toMatch(/^[ -~]*$/);
  });
});

describe('after ICY 200 OK', () => {
  const tails: [string, Buffer, Buffer][] = [
    ['nothing', Buffer.alloc(0), DATA],
    ['a blank line', Buffer.from('\r\n'), DATA],
    ['header lines', Buffer.from('Server: x\r\nDate: y\r\n\r\n'), DATA],
    ['header lines without a blank one', Buffer.from('Server: x\r\n'), DATA],
    ['SPARTN at once', Buffer.alloc(0), SPARTN_HEAD],
    ['assistance at once', Buffer.alloc(0), Buffer.from(MGA_FRAME)],
    ['words', Buffer.alloc(0), Buffer.from('you are banned\r\n')],
  ];
  test.each(tails)('%s: the data are whole, however cut', (_name, tail, data) => {
    const bytes = Buffer.concat([tail, data]);
    const cuts = [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))];
    for (let at = 0; at <= bytes.length; at++) cuts.push([bytes.subarray(0, at), bytes.subarray(at)]);
    for (const cut of cuts) {
      const icy = createIcyTail();
      expect(Buffer.concat(cut.map((piece) => icy.push(piece)))).toEqual(data);
    }
  });
});

describe('chunks', () => {
  const chunked = (pieces: readonly Buffer[], extension = ''): Buffer =>
    Buffer.concat([
      ...pieces.flatMap((p) => [Buffer.from(`${p.length.toString(16)}${extension}\r\n`), p, Buffer.from('\r\n')]),
      Buffer.from('0\r\nTrailer: x\r\n\r\nleft over'),
    ]);

  test.each([
    ['', 1],
    [';name=value', 2],
  ])('are taken off however they are cut (%s)', (extension, seed) => {
    const random = createRandom(seed);
    const body = random.bytes(2000);
    const wire = chunked(cutRandomly(body, random, 300), extension);
    for (let round = 0; round < 50; round++) {
      const dechunker = createDechunker();
      const out = cutRandomly(wire, random, 1 + random.int(200)).flatMap((piece) => dechunker.push(piece));
      expect(Buffer.concat(out)).toEqual(body);
      expect(dechunker.isEnded).toBe(true);
    }
  });

  test('have sizes with zeros in front, as servers write them that always send eight digits', () => {
    const dechunker = createDechunker();
    const wire = `00000003\r\nabc\r\n${'0'.repeat(900)}2;x=y\r\nde\r\n00000000\r\n\r\n`;
    expect(Buffer.concat(dechunker.push(Buffer.from(wire))).toString()).toBe('abcde');
    expect(dechunker.isEnded).toBe(true);
  });

  test.each([
    ['no size', 'xyz\r\n'],
    ['a size of eight digits that count', '0012345678\r\n'],
    ['a size beyond reason', 'fffffffff\r\n'],
    ['a negative size', '-1\r\n'],
    ['a chunk longer than it says', '1\r\nab\r\n'],
    ['a size line without an end', '1'.repeat(2000)],
  ])('%s is ntrip.malformed', (_name, wire) => {
    expect(() => createDechunker().push(Buffer.from(wire))).toThrow(code('ntrip.malformed'));
  });
});

describe('gzip', () => {
  const body = createRandom(3).bytes(40_000);
  test.each([
    ['as a whole', gzipSync(body)],
    ['member by member', Buffer.concat([gzipSync(body.subarray(0, 100)), gzipSync(body.subarray(100))])],
  ])('%s, however cut', async (_name, wire) => {
    const random = createRandom(5);
    for (const most of [1, 700, 100_000]) {
      const inflater = createInflater();
      const out: Uint8Array[] = [];
      const pieces =
        most === 1
          ? [...cutRandomly(wire.subarray(0, 300), random, 1), wire.subarray(300)]
          : cutRandomly(wire, random, most);
      for (const piece of pieces) out.push(...(await inflater.push(piece)));
      inflater.close();
      expect(Buffer.concat(out)).toEqual(body);
    }
  });

  test('what is no gzip is ntrip.malformed, now and later', async () => {
    const inflater = createInflater();
    await expect(inflater.push(Buffer.from('no gzip at all'))).rejects.toMatchObject({ code: 'ntrip.malformed' });
    await expect(inflater.push(Buffer.from('x'))).rejects.toMatchObject({ code: 'ntrip.malformed' });
  });

  test('a bomb is not unpacked', async () => {
    const inflater = createInflater();
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    await expect(inflater.push(bomb)).rejects.toMatchObject({ code: 'ntrip.malformed' });
  });
});

describe('what the stream carries', () => {
  test.each([
    ['NEAR-RTCM', 'rtcm3'],
    ['near-spartn-mga', 'spartn'],
    ['VRS3', undefined],
  ])('the name %s tells %s', (name, kind) => {
    expect(kindOfMountPoint(name)).toBe(kind);
  });

  const rtcm = rtcmFrame(1005, 19);
  test.each([
    ['RTCM by its first frame', undefined, rtcm, { is: 'corrections', kind: 'rtcm3', bytes: rtcm }],
    ['SPARTN by its first frame', undefined, SPARTN_HEAD, { is: 'corrections', kind: 'spartn', bytes: SPARTN_HEAD }],
    ['the name before the frame', 'spartn', rtcm, { is: 'corrections', kind: 'spartn', bytes: rtcm }],
    ['not known yet', undefined, Buffer.from([0xd3, 0, 19]), { is: 'more' }],
    [
      'a refusal in words',
      'rtcm3',
      Buffer.from('You are BANNED.\r\n'),
      { is: 'refusal', kind: 'refused', line: 'You are BANNED.' },
    ],
    ['a refusal in a page', undefined, Buffer.from('<html>sandbox'), { is: 'refusal', kind: 'refused' }],
    ['a source table', 'rtcm3', Buffer.from('STR;NEAR;x\r\n'), { is: 'refusal', kind: 'mountpoint' }],
    ['a page', 'rtcm3', Buffer.from('<html>'.repeat(200)), { is: 'refusal', kind: 'malformed' }],
    ['garbage', undefined, Buffer.alloc(5000, 0xff), { is: 'refusal', kind: 'malformed' }],
    [
      'garbage under a telling name is the receiver’s to sort out',
      'rtcm3',
      Buffer.of(0xff, 1),
      { is: 'corrections', kind: 'rtcm3' },
    ],
    ['an s may begin SPARTN or a word', 'spartn', Buffer.from('s'), { is: 'more' }],
  ] as const)('%s', (_rule, known, bytes, expected) => {
    expect(createIntake(known).push(bytes)).toMatchObject(expected);
  });

  test('however cut, the same bytes are passed on', () => {
    const random = createRandom(11);
    const bytes = Buffer.concat([Buffer.from('hello\r\n'), random.bytes(200), rtcm, random.bytes(300)]);
    for (const known of [undefined, 'rtcm3', 'spartn'] as const)
      for (let round = 0; round < 50; round++) {
        const intake = createIntake(known);
        const out = cutRandomly(bytes, random, 1 + random.int(100)).map((piece) => intake.push(piece));
        expect(Buffer.concat(out.map((taken) => (taken.is === 'corrections' ? taken.bytes : Buffer.alloc(0))))).toEqual(
          bytes,
        );
      }
  });

  test('words that do not go on are judged at the end', () => {
    const intake = createIntake('rtcm3');
    expect(intake.push(Buffer.from('Hello'))).toEqual({ is: 'more' });
    expect(intake.end()).toEqual({ is: 'refusal', kind: 'malformed', line: 'Hello' });
    expect(createIntake('rtcm3').end()).toEqual({ is: 'more' });
  });
});

describe('assistance in the stream', () => {
  const half = rtcmFrame(1077, 200);
  const damaged = Buffer.from(MGA_FRAME);
  damaged[10] = (damaged[10] ?? 0) ^ 1;
  const other = Buffer.from('b562010700000819', 'hex');
  const long = Buffer.from('b5621300ffff', 'hex');
  const parts: [Buffer, boolean][] = [
    [MGA_FRAME, true],
    [half.subarray(0, 90), false],
    [MGA_FRAME, true],
    [MGA_FRAME, true],
    [half.subarray(90), false],
    [damaged, false],
    [other, false],
    [long, false],
    [Buffer.from([0xb5, 0xb5, 0x62]), false],
    [MGA_FRAME, true],
    [half, false],
  ];
  const wire = Buffer.concat(parts.map(([bytes]) => bytes));
  const rest = Buffer.concat(parts.filter(([, isMga]) => !isMga).map(([bytes]) => bytes));

  test('frames come out, halves are whole again, however cut', () => {
    const random = createRandom(13);
    for (let round = 0; round < 200; round++) {
      const splitter = createMgaSplitter();
      const pieces = round === 0 ? [wire] : cutRandomly(wire, random, 1 + random.int(150));
      const splits = pieces.map((piece) => splitter.push(piece));
      expect(Buffer.concat(splits.flatMap((s) => s.rest))).toEqual(rest);
      expect(splits.flatMap((s) => s.frames).map((f) => Buffer.from(f).toString('hex'))).toEqual(
        Array.from({ length: 4 }, () => MGA_FRAME.toString('hex')),
      );
    }
  });

  test('frames belong to the taker', () => {
    const bytes = Buffer.from(MGA_FRAME);
    const [frame] = createMgaSplitter().push(bytes).frames;
    bytes.fill(0);
    expect(Buffer.from(frame ?? [])).toEqual(MGA_FRAME);
  });
});

const place = (over: Partial<CoarsePosition> = {}): CoarsePosition => ({
  latitudeDeg: 48.117_3,
  longitudeDeg: 11.516_666_7,
  altitudeMslM: 545.4,
  quality: 'rtk_fixed',
  satellites: 12,
  hdop: 0.8,
  ageMs: 0,
  from: 'receiver',
  ...over,
});
const fieldsOf = (sentence: string): string[] => sentence.split(',');

describe('GGA', () => {
  test('the documented sentence', () => {
    expect(
      buildGga(
        {
          utcMs: Date.UTC(2026, 0, 1, 12, 35, 19),
          latitudeDeg: 48 + 7.038 / 60,
          longitudeDeg: 11 + 31 / 60,
          quality: 4,
          satellites: 12,
          hdop: 0.8,
          altitudeMslM: 545.4,
          separationM: 46.9,
          ageS: 1,
          stationId: '0000',
        },
        { minutes: 8, altitude: 3 },
      ),
    ).toBe('$GNGGA,123519.00,4807.03800000,N,01131.00000000,E,4,12,0.80,545.400,M,46.900,M,1.0,0000*67\r\n');
  });

  test.each([
    [
      'minutes that round to 60 carry',
      { latitudeDeg: 47.999_999_9, longitudeDeg: 179.999_999_9 },
      '4800.0000',
      'N',
      '18000.0000',
      'E',
    ],
    ['just south of the equator', { latitudeDeg: -0.5, longitudeDeg: -0.25 }, '0030.0000', 'S', '00015.0000', 'W'],
    ['small degrees are padded', { latitudeDeg: 5.05, longitudeDeg: 7.01 }, '0503.0000', 'N', '00700.6000', 'E'],
    ['the corner of the world', { latitudeDeg: -90, longitudeDeg: -180 }, '9000.0000', 'S', '18000.0000', 'W'],
  ])('%s', (_rule, over, lat, ns, lon, ew) => {
    expect(fieldsOf(ggaFor(place(over), 0)).slice(2, 6)).toEqual([lat, ns, lon, ew]);
  });

  test.each<[Partial<CoarsePosition>, string]>([
    [{ quality: 'rtk_fixed' }, '4'],
    [{ quality: 'rtk_float' }, '5'],
    [{ quality: '3d' }, '1'],
    [{ quality: '2d' }, '1'],
    [{ quality: 'rtk_fixed', from: 'held' }, '1'],
    [{ quality: '3d', from: 'configured' }, '1'],
    [{ quality: '3d', from: 'cell' }, '1'],
  ])('%j says quality %s', (over, quality) => {
    expect(fieldsOf(ggaFor(place(over), 0))[6]).toBe(quality);
  });

  test('is one NMEA sentence with a right checksum and no empty field before the age, whatever it is made of', () => {
    const { satellites: _s, hdop: _h, altitudeMslM: _a, ...bare } = place({ from: 'configured' });
    for (const position of [
      bare,
      place({ altitudeMslM: Number.NaN, hdop: Number.POSITIVE_INFINITY, satellites: 0 }),
      place({ altitudeMslM: -431.25 }),
    ]) {
      const sentence = ggaFor(position, Date.UTC(2026, 5, 1, 23, 59, 59, 999));
      const [, body = '', sum] = /^\$(.*)\*([0-9A-F]{2})\r\n$/.exec(sentence) ?? [];
      expect(sum).toBe(nmeaChecksum(body));
      expect(sentence.length).toBeLessThanOrEqual(82);
      expect(fieldsOf(body).slice(0, 13)).not.toContain('');
      expect(fieldsOf(body)[1]).toBe('235959.99');
      expect(Number(fieldsOf(body)[7])).toBeGreaterThanOrEqual(4);
    }
  });
});

describe('the pace', () => {
  test('15, 30, 60, 120 s, then five minutes more each time, up to an hour', () => {
    let pace = FIRST_PACE;
    const waits = Array.from({ length: 18 }, () => paceWaitMs((pace = nextPace(pace, 0))) / 1000);
    expect(waits.slice(0, 7)).toEqual([15, 30, 60, 120, 420, 720, 1020]);
    expect(waits.at(-1)).toBe(3600);
  });

  test('a session that had been healthy tries once at once; only five good minutes give another', () => {
    let pace = nextPace(nextPace(FIRST_PACE, 0), 1000);
    expect(pace).toMatchObject({ failures: 1, isQuick: true });
    expect(paceWaitMs(pace)).toBe(1500);
    pace = nextPace(pace, 1000);
    expect(pace).toMatchObject({ failures: 2, isQuick: false });
    pace = nextPace(pace, 300_000);
    expect(pace).toMatchObject({ failures: 0, isQuick: true });
    pace = nextPace(pace, 1000);
    expect(paceWaitMs(pace)).toBe(15_000);
  });

  test('as a policy: whatever the count of attempts, spread by a third around the wait', () => {
    expect(ntripBackoff(nextPace(FIRST_PACE, 0))).toEqual({ baseMs: 20_000, capMs: 20_000, quickForMs: 0 });
    expect(ntripBackoff(nextPace(FIRST_PACE, 1))).toEqual({ baseMs: 2000, capMs: 2000, quickForMs: 0 });
  });
});

describe('the place at the caster', () => {
  test('each end explains one 401 within a minute', async () => {
    const clock = createFakeClock();
    const slots = createSlotMemory({ clock });
    expect(slots.explains('a')).toBeUndefined();
    slots.opened('a');
    expect(slots.explains('a')).toBe(60_000);
    slots.closed('a');
    await clock.advance(20_000);
    expect(slots.explains('b')).toBeUndefined();
    expect(slots.explains('a')).toBe(40_000);
    expect(slots.explains('a')).toBeUndefined();
    slots.closed('a');
    await clock.advance(60_001);
    expect(slots.explains('a')).toBeUndefined();
  });
});

test.each([
  ['a TLS port of the answer', { host: 'h', port: 2101, tlsPort: 2103 }, {}, { port: 2103, tls: true }],
  ['none', { host: 'h', port: 2101 }, {}, { port: 2101, tls: false }],
  ['required', { host: 'h', port: 2101 }, { tls: 'required' }, { port: 2102, tls: true }],
  ['off', { host: 'h', port: 2101, tlsPort: 2102 }, { tls: 'off' }, { port: 2101, tls: false }],
  ['a port of its own', { host: 'h' }, { tls: 'required', port: 443 }, { port: 443, tls: true }],
  ['nothing', { host: 'h' }, {}, { port: 2101, tls: false }],
] as const)('port and TLS for %s', (_rule, caster, how, expected) => {
  expect(ntripTarget(caster, how)).toEqual({ host: 'h', ...expected });
});
