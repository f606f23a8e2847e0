import { describe, expect, test } from 'vitest';
import { createClock, createFakeClock, type Fix, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createReceiver, MANDATORY_ITEMS, OPTIONAL_ITEMS, spartnKeyFrame } from '../../src/gnss/index.js';
import { memoryLinkPair } from '../../src/link/index.js';
import { navPvt, nmea, rtcm, rxmCor, spartn, ubx } from './frames.js';
import { besides, createRig, MON_VER_POLL, TIMELS_POLL, UNIQID_POLL } from './rig.js';

const KEYS = [
  {
    startUtcMs: 1668815982000,
    durationMs: 2419199999,
    value: new Secret('spartn-key', '00112233445566778899aabbccddeeff'),
  },
];
const KEY_FRAME = Buffer.from(spartnKeyFrame(KEYS, 18)!);
const ACK = ubx(5, 1, Buffer.from([0x06, 0x8a]));
const GGA = nmea('GNGGA,123519.00,4807.0380,N,01131.0000,E,4,12,0.80,545.4,M,46.9,M,1.0,0000');
const count = (haystack: Buffer, needle: Buffer): number => {
  let n = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) n++;
  return n;
};

describe('what the receiver says', () => {
  test('positions, time and model are told as they come', async () => {
    const { receiver, ends, run, settle } = createRig();
    const fixes: Fix[] = [];
    const times: number[] = [];
    const off = receiver.onFix((fix) => fixes.push(fix));
    receiver.onUtc((utcMs) => times.push(utcMs));
    const { stop, ended } = run();
    await settle();
    const version = Buffer.alloc(70);
    version.write('EXT CORE', 0);
    version.write('MOD=ZED-F9P', 40);
    await ends[0]!.send(
      Buffer.concat([ubx(0x0a, 0x04, version), navPvt({ flags: 1 | (2 << 6) }), navPvt({ valid: 3 })]),
    );
    await settle();
    expect(fixes.map((f) => f.quality)).toEqual(['rtk_fixed', '3d']);
    expect(times).toEqual([Date.UTC(2026, 2, 4, 5, 6, 7)]);
    const snapshot = receiver.snapshot();
    expect(snapshot).toMatchObject({ running: true, model: 'ZED-F9P', port: '/dev/ttyGNSS', corrections: 'none' });
    expect(snapshot.counters).toMatchObject({ framesIn: 3, badFrames: 0 });
    off();
    await ends[0]!.send(navPvt());
    await settle();
    expect(fixes).toHaveLength(2);
    stop();
    expect(await ended).toMatchObject({ code: 'core.cancelled' });
    expect(receiver.snapshot().running).toBe(false);
  });

  test('GGA counts only while NAV-PVT does not come', async () => {
    const { receiver, ends, run, settle, clock } = createRig();
    const sources: string[] = [];
    receiver.onFix((fix) => sources.push(fix.source));
    const { stop } = run();
    await settle();
    await ends[0]!.send(Buffer.concat([GGA, navPvt(), GGA]));
    await settle();
    expect(sources).toEqual(['gga', 'nav-pvt']);
    await clock.advance(6000);
    await ends[0]!.send(GGA);
    await settle();
    expect(sources).toEqual(['gga', 'nav-pvt', 'gga']);
    stop();
  });

  test('a receiver that speaks only NMEA is read by lines, and is asked nothing', async () => {
    const { receiver, ends, run, settle } = createRig({ protocol: 'nmea', configure: true });
    const { stop } = run();
    await settle();
    await ends[0]!.send(
      Buffer.concat([
        GGA.subarray(0, 20),
        Buffer.alloc(0),
        GGA.subarray(20),
        Buffer.alloc(5000, 0x41),
        Buffer.from('\n$bad*00\r\n'),
      ]),
    );
    await settle();
    await expect.poll(() => receiver.snapshot().fix.quality).toBe('rtk_fixed');
    expect(receiver.snapshot().counters).toMatchObject({ framesIn: 1, badFrames: 2 });
    expect(ends[0]!.bytes().length).toBe(0);
    stop();
  });

  test('its reports on corrections are counted and judged', async () => {
    const { receiver, ends, run, settle } = createRig();
    const { stop } = run();
    await settle();
    await ends[0]!.send(Buffer.concat([rxmCor({ decrypted: false }), rxmCor({ decrypted: false })]));
    await settle();
    expect(receiver.snapshot()).toMatchObject({ corrections: 'key-mismatch', counters: { notDecrypted: 2, used: 0 } });
    expect(receiver.snapshot().lastUsedMonoMs).toBeUndefined();
    await ends[0]!.send(Buffer.concat([rxmCor({ used: true, decrypted: true })]));
    await settle();
    expect(receiver.snapshot()).toMatchObject({ corrections: 'ok', counters: { used: 1 } });
    expect(receiver.snapshot().lastUsedMonoMs).toBeDefined();
    await ends[0]!.send(rxmCor({ bad: true }));
    await settle();
    expect(receiver.snapshot()).toMatchObject({ corrections: 'ok', counters: { crcErrors: 1 } });
    await ends[0]!.send(rxmCor({ bad: true }));
    await settle();
    expect(receiver.snapshot()).toMatchObject({ corrections: 'link-corruption', counters: { crcErrors: 2 } });
    stop();
  });
});

describe('what goes down', () => {
  test('only whole valid frames reach the port, whatever the source sends', async () => {
    const { receiver, ends, run, settle } = createRig();
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    const before = ends[0]!.bytes().length;
    const good = [spartn({ payload: Buffer.from('one') }), spartn({ payload: Buffer.from('two') }), rtcm(1077)];
    const bad = Buffer.from(spartn());
    bad[bad.length - 1]! ^= 1;
    void receiver.feed('spartn', Buffer.concat([Buffer.from('garbage'), good[0]!, bad, good[1]!.subarray(0, 9)]));
    void receiver.feed('rtcm3', good[2]!);
    void receiver.feed('spartn', good[1]!.subarray(9));
    await settle();
    expect(ends[0]!.bytes().subarray(before)).toEqual(Buffer.concat([good[0]!, good[2]!, good[1]!]));
    expect(receiver.snapshot().counters).toMatchObject({
      correctionFramesIn: 3,
      correctionBadFrames: 1,
      correctionSkippedBytes: 7 + bad.length,
      framesToReceiver: 3,
    });
    expect(receiver.framesTaken).toBe(3);
    expect(receiver.snapshot().lastFedMonoMs).toBeDefined();
    stop();
  });

  test('the half frame of an old connection is forgotten on restart', async () => {
    const { receiver, ends, run, settle } = createRig();
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    const before = ends[0]!.bytes().length;
    void receiver.feed('spartn', spartn().subarray(0, 10));
    receiver.restart('spartn');
    void receiver.feed('spartn', spartn().subarray(10));
    await settle();
    expect(ends[0]!.bytes().length).toBe(before);
    stop();
  });

  test('a source may aid the receiver and give it keys, but not configure it', async () => {
    const { receiver, ends, run, settle } = createRig();
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    const before = ends[0]!.bytes().length;
    const aid = ubx(0x13, 0x40, Buffer.alloc(24));
    const valset = ubx(0x06, 0x8a, Buffer.alloc(9));
    const reset = ubx(0x06, 0x04, Buffer.alloc(4));
    void receiver.feed('ubx', Buffer.concat([valset, aid, reset, KEY_FRAME]));
    await settle();
    expect(ends[0]!.bytes().subarray(before)).toEqual(Buffer.concat([KEY_FRAME, aid]));
    expect(receiver.snapshot().counters).toMatchObject({ refused: 2, keysSent: 1, framesToReceiver: 1 });
    stop();
  });

  test('keys wait for the port and are sent again after each opening', async () => {
    const { receiver, ends, run, settle } = createRig();
    receiver.setKeys(KEYS);
    const first = run();
    await settle();
    expect(ends[0]!.bytes()).toEqual(MON_VER_POLL);
    await ends[0]!.hello();
    await settle();
    expect(ends[0]!.bytes()).toEqual(Buffer.concat([MON_VER_POLL, KEY_FRAME, UNIQID_POLL, TIMELS_POLL]));
    receiver.setKeys(KEYS);
    await settle();
    expect(count(ends[0]!.bytes(), KEY_FRAME)).toBe(2);
    await ends[0]!.link[Symbol.asyncDispose]();
    expect(await first.ended).toMatchObject({ code: 'link.closed' });
    const second = run();
    await settle();
    expect(count(ends[1]!.bytes(), KEY_FRAME)).toBe(0);
    await ends[1]!.hello();
    await settle();
    expect(count(ends[1]!.bytes(), KEY_FRAME)).toBe(1);
    second.stop();
    await second.ended;
  });

  test('unusable keys do not displace good ones', async () => {
    const { receiver, ends, run, settle } = createRig();
    receiver.setKeys(KEYS);
    receiver.setKeys([{ ...KEYS[0]!, value: new Secret('spartn-key', 'broken value') }]);
    receiver.setKeys([]);
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    expect(count(ends[0]!.bytes(), KEY_FRAME)).toBe(1);
    stop();
  });

  test('corrections that come before the first opening wait for it while they are fresh', async () => {
    const { receiver, ends, run, settle } = createRig();
    const early = Buffer.concat([spartn(), spartn()]);
    expect(receiver.feed('spartn', early)).toBeUndefined();
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    expect(Buffer.from(ends[0]!.bytes()).includes(early)).toBe(true);
    expect(receiver.snapshot().counters).toMatchObject({ droppedNotRunning: 0, framesToReceiver: 2 });
    stop();
  });

  test('corrections for a port that was lost are dropped and counted, never kept for later', async () => {
    const { receiver, ends, run, settle } = createRig();
    const first = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    await ends[0]!.link[Symbol.asyncDispose]();
    await first.ended;
    void receiver.feed('spartn', Buffer.concat([spartn(), spartn()]));
    const second = run();
    await settle();
    await ends[1]!.hello();
    await settle();
    expect(besides(ends[1]!.bytes()).length).toBe(0);
    expect(receiver.snapshot().counters).toMatchObject({ droppedNotRunning: 2, framesToReceiver: 0 });
    second.stop();
  });

  test('a real flood through a real link arrives complete and byte-exact', async () => {
    const [near, far] = memoryLinkPair();
    const receiver = createReceiver(
      { open: async () => near, clock: createClock(), log: silentLogger },
      {
        port: 'memory',
        baudRate: 38_400,
        protocol: 'nmea',
        maxAgeMs: 10_000,
        maxQueuedBytes: 65_536,
        leapSeconds: 18,
        configure: false,
      },
    );
    const got: Buffer[] = [];
    void (async () => {
      for await (const chunk of far.bytes) got.push(Buffer.from(chunk));
    })();
    const stop = new AbortController();
    const ended = receiver.run({ signal: stop.signal }).catch((error: unknown) => error);
    await expect.poll(() => receiver.snapshot().running).toBe(true);
    await far.write(GGA);
    const message = Buffer.concat([123, 443, 573].map((size, i) => spartn({ payload: Buffer.alloc(size - 11, i) })));
    expect(message.length).toBe(1139);
    for (let i = 0; i < 5000; i++) await receiver.feed('spartn', message);
    await expect.poll(() => receiver.snapshot().counters.bytesToReceiver).toBe(5000 * 1139);
    await expect.poll(() => got.reduce((sum, b) => sum + b.length, 0)).toBe(5000 * 1139);
    const wire = Buffer.concat(got);
    for (let at = 0; at < wire.length; at += 1139)
      if (!wire.subarray(at, at + 1139).equals(message)) expect(at).toBe(-1);
    stop.abort(new Error('stopped'));
    expect(await ended).toEqual(new Error('stopped'));
  });
});

describe('configuration', () => {
  test('is sent once the receiver has shown itself, one optional key at a time, between correction frames', async () => {
    const { receiver, ends, run, settle } = createRig({ configure: true });
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    for (let i = 0; i <= OPTIONAL_ITEMS.length; i++) {
      void receiver.feed('spartn', spartn({ payload: Buffer.alloc(i + 1) }));
      await ends[0]!.send(ACK);
      await settle();
    }
    const wire = ends[0]!.bytes();
    expect(count(wire, Buffer.from([0xb5, 0x62, 0x06, 0x8a]))).toBe(1 + OPTIONAL_ITEMS.length);
    for (const { key } of [...MANDATORY_ITEMS, ...OPTIONAL_ITEMS]) {
      const id = Buffer.alloc(4);
      id.writeUInt32LE(key);
      expect(count(wire, id)).toBe(1);
    }
    stop();
  });

  test('is repeated with the keys when the receiver has restarted behind its adapter', async () => {
    const { receiver, ends, run, settle, clock } = createRig({ configure: true });
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    await ends[0]!.hello();
    await settle();
    for (let i = 0; i <= OPTIONAL_ITEMS.length; i++) {
      await ends[0]!.send(ACK);
      await settle();
    }
    for (let s = 0; s < 40; s++) {
      await ends[0]!.send(navPvt());
      await clock.advance(1000);
    }
    expect(count(ends[0]!.bytes(), KEY_FRAME)).toBe(1);
    // Only NMEA now: that is what comes out of its factory state.
    for (let s = 0; s < 20; s++) {
      await ends[0]!.send(GGA);
      await clock.advance(1000);
    }
    expect(count(ends[0]!.bytes(), KEY_FRAME)).toBe(2);
    expect(count(ends[0]!.bytes(), Buffer.from([0xb5, 0x62, 0x06, 0x8a]))).toBeGreaterThan(1 + OPTIONAL_ITEMS.length);
    stop();
  });

  test('keys are sent again when the receiver cannot decrypt, no more than every 30 s', async () => {
    const { receiver, ends, run, settle, clock } = createRig();
    receiver.setKeys(KEYS);
    const { stop } = run();
    await settle();
    for (let s = 0; s < 66; s++) {
      await ends[0]!.send(rxmCor({ decrypted: false }));
      await clock.advance(1000);
    }
    expect(count(ends[0]!.bytes(), KEY_FRAME)).toBe(3);
    stop();
  });
});

describe('the connection', () => {
  test('fifteen seconds without a byte end it', async () => {
    const { receiver, ends, run, settle, clock } = createRig();
    const { ended } = run();
    await settle();
    await clock.advance(14_000);
    await ends[0]!.send(Buffer.from([0]));
    await clock.advance(14_900);
    expect(receiver.snapshot().running).toBe(true);
    await clock.advance(200);
    expect(await ended).toMatchObject({ code: 'gnss.silent' });
    expect(receiver.snapshot().running).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('one-way wiring may be silent for ever', async () => {
    const { receiver, run, clock, settle } = createRig({ silentAfterMs: 0 });
    const { stop } = run();
    await settle();
    await clock.advance(3_600_000);
    expect(receiver.snapshot().running).toBe(true);
    stop();
  });

  test('a port that cannot be opened is the run’s error', async () => {
    const { run, refuse } = createRig();
    refuse(new WaymarkError('link.absent', 'no such device'));
    expect(await run().ended).toMatchObject({ code: 'link.absent' });
  });

  test('it may be run again and again, and leaves no timer behind', async () => {
    const { receiver, ends, run, settle, clock } = createRig({ configure: true });
    for (let i = 0; i < 5; i++) {
      const { ended } = run();
      await settle();
      await ends[i]!.send(navPvt({ numSv: i }).subarray(0, 50));
      await settle();
      await ends[i]!.link[Symbol.asyncDispose]();
      expect(await ended).toMatchObject({ code: 'link.closed' });
      await settle();
      expect(clock.pending).toBe(0);
    }
    const { stop, ended } = run();
    await settle();
    await ends[5]!.send(navPvt({ numSv: 30 }));
    await settle();
    expect(receiver.snapshot().fix.satellites).toBe(30);
    expect(receiver.snapshot().counters.badFrames).toBe(0);
    stop();
    await ended;
  });

  test('two runs at once are refused', async () => {
    const { run, settle, receiver } = createRig();
    const { stop, ended } = run();
    await settle();
    await expect(receiver.run({ signal: new AbortController().signal })).rejects.toThrow('already running');
    expect(receiver.snapshot().running).toBe(true);
    stop();
    await ended;
  });

  test('a failed write ends it with the link’s error', async () => {
    const [near] = memoryLinkPair();
    const stalled = new WaymarkError('link.stalled', 'no room');
    const receiver = createReceiver(
      {
        open: async () => Object.assign(near, { write: () => Promise.reject(stalled) }),
        clock: createFakeClock(),
        log: silentLogger,
      },
      {
        port: 'memory',
        baudRate: 9600,
        protocol: 'ubx',
        maxAgeMs: 10_000,
        maxQueuedBytes: 65_536,
        leapSeconds: 18,
        configure: false,
      },
    );
    await expect(receiver.run({ signal: new AbortController().signal })).rejects.toBe(stalled);
  });

  test('a scaled clock does not make a living receiver silent', async () => {
    const clock = createClock({ wallMs: 0, monoMs: 0, scale: 5000 });
    const [near, far] = memoryLinkPair();
    const receiver = createReceiver(
      { open: async () => near, clock, log: silentLogger },
      {
        port: 'memory',
        baudRate: 38_400,
        protocol: 'ubx',
        maxAgeMs: 10_000,
        maxQueuedBytes: 65_536,
        leapSeconds: 18,
        configure: false,
      },
    );
    const stop = new AbortController();
    const ended = receiver.run({ signal: stop.signal }).catch((error: unknown) => error);
    await far.write(navPvt());
    // 5 s a ms: without its floor the silence would be noticed within three.
    await expect.poll(() => receiver.snapshot().counters.framesIn).toBe(1);
    const from = clock.mono();
    await expect.poll(() => clock.mono() - from, { interval: 10 }).toBeGreaterThan(100_000);
    expect(receiver.snapshot().running).toBe(true);
    stop.abort(new Error('stopped'));
    await ended;
  });
});
