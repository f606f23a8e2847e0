// What a receiver is told and asked on each connection, and again when it has started anew behind its open port.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import { keysWorthSending } from '../../src/gnss/index.js';
import { type FarSideOptions, MON_VER, playReceiver, SEC_UNIQID } from './far-side.js';
import { navPvt, navSat, navStatus, navTimels, nmea, rxmCor, spartn, ubx } from './frames.js';
import { createRig, type Rig } from './rig.js';
import { spartnKeysIn } from './spartn-keys.js';

const DAY_MS = 86_400_000;
/** Where the fake clock's wall starts. */
const NEW_YEAR = Date.UTC(2026, 0, 1);
const hex = (digit: string): string => digit.repeat(32);
const key = (startUtcMs: number, digit: string) => ({
  startUtcMs,
  durationMs: 28 * DAY_MS - 1,
  value: new Secret('spartn-key', hex(digit)),
});
const FIXED = { flags: 1 | (2 << 6) };

async function scene(far: FarSideOptions = {}, options: Parameters<typeof createRig>[0] = { configure: true }) {
  const rig = createRig(options);
  const needy = { times: 0 };
  rig.receiver.onNeedy(() => needy.times++);
  const { stop, ended } = rig.run();
  await rig.settle();
  const device = playReceiver(rig, rig.ends[0]!, far);
  await rig.settle();
  return { rig, device, needy, stop, ended, end: rig.ends[0]! };
}

async function seconds(rig: Rig, n: number, each: () => Promise<void> | void): Promise<void> {
  for (let s = 0; s < n; s++) {
    await each();
    await rig.clock.advance(1000);
  }
}

describe('who it is', () => {
  test('both whole frames, and what they say', async () => {
    const { rig, stop } = await scene({ secUniqid: ubx(0x27, 3, Buffer.from('02000000aabbccdd0e0f', 'hex')) });
    await rig.settle();
    const { secUniqid, monVer } = await rig.receiver.whenIdentified(new AbortController().signal);
    expect(Buffer.from(secUniqid).toString('hex')).toContain('02000000aabbccdd0e0f');
    expect(Buffer.from(monVer).equals(MON_VER)).toBe(true);
    expect(rig.receiver.snapshot()).toMatchObject({
      uniqueId: 'AABBCCDD0E0F',
      model: 'ZED-F9P',
      firmware: 'HPG 1.50',
      protocolVersion: '27.50',
    });
    stop();
  });

  test('is asked five times, and again only when somebody wants to know; corrections never wait for it', async () => {
    const rig = createRig();
    const { stop } = rig.run();
    await rig.settle();
    const [end] = rig.ends;
    await end!.send(navPvt());
    void rig.receiver.feed('spartn', spartn());
    await rig.settle();
    expect(rig.receiver.snapshot().counters.framesToReceiver).toBe(1);
    await seconds(rig, 30, () => end!.send(navPvt()));
    const polls = (): number => end!.bytes().toString('latin1').split(ubx(0x27, 3).toString('latin1')).length - 1;
    expect(polls()).toBe(5);
    const waits = new AbortController();
    const gaveUp = rig.receiver.whenIdentified(waits.signal).catch((error: unknown) => error);
    const known = rig.receiver.whenIdentified(new AbortController().signal);
    await rig.settle();
    expect(polls()).toBe(6);
    waits.abort(new Error('enough'));
    expect(await gaveUp).toEqual(new Error('enough'));
    await end!.send(Buffer.concat([SEC_UNIQID, MON_VER]));
    expect(Buffer.from((await known).secUniqid).equals(SEC_UNIQID)).toBe(true);
    stop();
  });

  test('a new connection may lead to another receiver: it is asked anew', async () => {
    const { rig, ended, end } = await scene();
    await rig.receiver.whenIdentified(new AbortController().signal);
    await end.link[Symbol.asyncDispose]();
    await ended;
    const { stop } = rig.run();
    await rig.settle();
    const other = ubx(0x27, 3, Buffer.from('010000001122334455', 'hex'));
    const known = rig.receiver.whenIdentified(new AbortController().signal);
    playReceiver(rig, rig.ends[1]!, { secUniqid: other });
    expect(Buffer.from((await known).secUniqid).equals(other)).toBe(true);
    expect(rig.receiver.snapshot().uniqueId).toBe('1122334455');
    stop();
  });
});

describe('a receiver in need', () => {
  test('is told once it is identified and configured, once a connection', async () => {
    const { rig, needy, device, stop } = await scene();
    await rig.clock.advance(100);
    expect(needy.times).toBe(1);
    await seconds(rig, 40, () => device.pvt());
    expect(needy.times).toBe(1);
    stop();
  });

  test('a receiver of sentences is never in need: it takes no assistance', async () => {
    const rig = createRig({ protocol: 'nmea' });
    let times = 0;
    rig.receiver.onNeedy(() => times++);
    const { stop } = rig.run();
    await rig.settle();
    await rig.ends[0]!.send(nmea('GNGGA,123519.00,4807.0380,N,01131.0000,E,1,12,0.80,545.4,M,46.9,M,,'));
    await rig.clock.advance(1000);
    expect(rig.receiver.snapshot().identified).toBe('receiver');
    expect(times).toBe(0);
    stop();
  });

  test.each([
    ['its uptime began anew', [navStatus({ uptimeMs: 500_000 }), navStatus({ uptimeMs: 800 })]],
    ['time and fix are lost at once', [navPvt(FIXED), navPvt({ valid: 0, fixType: 0, flags: 0 })]],
  ])('so it is after a restart: %s', async (_what, [before, after]) => {
    const { rig, device, needy, end, stop } = await scene();
    rig.receiver.setKeys([key(NEW_YEAR - DAY_MS, 'a')]);
    await seconds(rig, 10, () => end.send(before!));
    const sent = { keys: device.of(2, 0x36).length, valsets: device.of(6, 0x8a).length };
    await end.send(after!);
    await rig.clock.advance(500);
    expect(needy.times).toBe(2);
    expect(rig.receiver.snapshot().restarts).toBe(1);
    expect(device.of(2, 0x36).length).toBe(sent.keys + 1);
    expect(device.of(6, 0x8a).length).toBe(2 * sent.valsets);
    await seconds(rig, 20, () => end.send(after!));
    expect(rig.receiver.snapshot().restarts).toBe(1);
    stop();
  });

  test('positions that stay away are one restart, not one every half minute', async () => {
    const { rig, device, needy, end, stop } = await scene();
    await seconds(rig, 35, () => device.pvt());
    await seconds(rig, 100, () => end.send(ubx(0x04, 0x02, Buffer.from('hello'))));
    expect(rig.receiver.snapshot().restarts).toBe(1);
    expect(needy.times).toBe(2);
    stop();
  });

  test('the second of two restarts in a row is noticed as soon as the first', async () => {
    const { rig, device, needy, end, stop } = await scene();
    for (let restart = 1; restart <= 2; restart++) {
      await seconds(rig, 8, () => device.pvt());
      await seconds(rig, 16, () => end.send(ubx(0x04, 0x02, Buffer.from('hello'))));
      expect(rig.receiver.snapshot().restarts).toBe(restart);
      expect(needy.times).toBe(restart + 1);
    }
    stop();
  });

  test('reports that stay away count, unless the uptime says otherwise', async () => {
    for (const hasUptime of [false, true]) {
      const { rig, device, end, stop } = await scene({ reports: false });
      let second = 0;
      const each = async (reports: boolean): Promise<void> => {
        second++;
        await device.pvt(FIXED);
        if (hasUptime) await end.send(navStatus({ uptimeMs: second * 1000 }));
        if (reports) await end.send(rxmCor({ used: true, decrypted: true }));
        void rig.receiver.feed('spartn', spartn({ payload: Buffer.alloc(40, 0x5c) }));
      };
      await seconds(rig, 35, () => each(true));
      const valsets = device.of(6, 0x8a).length;
      await seconds(rig, 20, () => each(false));
      expect(rig.receiver.snapshot().restarts).toBe(hasUptime ? 0 : 1);
      expect(device.of(6, 0x8a).length).toBe(2 * valsets);
      stop();
    }
  });
});

describe('keys', () => {
  test('current and next are sent again at the roll-over, both, and the old one goes when it is over', async () => {
    const { rig, device, stop } = await scene();
    const rollOver = NEW_YEAR + 60_000;
    const [old, next, newest] = [
      key(rollOver - 28 * DAY_MS, 'a'),
      key(rollOver, 'b'),
      key(rollOver + 28 * DAY_MS, 'c'),
    ];
    const told = (): string[] => spartnKeysIn(device.of(2, 0x36).at(-1)!, 18).map((k) => k.valueHex);
    rig.receiver.setKeys([old, next]);
    await rig.settle();
    const wall = { valid: 0 };
    await seconds(rig, 50, () => device.pvt(wall));
    expect(device.of(2, 0x36)).toHaveLength(1);
    await seconds(rig, 20, () => device.pvt(wall));
    expect(device.of(2, 0x36)).toHaveLength(2);
    expect(told()).toEqual([hex('a'), hex('b')]);
    await seconds(rig, 400, () => device.pvt(wall));
    rig.receiver.setKeys([old, next, newest]);
    await rig.settle();
    expect(told()).toEqual([hex('b'), hex('c')]);
    stop();
  });

  test('an expired key is kept while no later one is known', () => {
    const old = key(NEW_YEAR - 60 * DAY_MS, 'a');
    expect(keysWorthSending([old], NEW_YEAR)).toEqual([old]);
    const unusable = { ...key(NEW_YEAR, 'b'), value: new Secret('spartn-key', 'broken value') };
    expect(keysWorthSending([old, unusable], NEW_YEAR)).toEqual([old]);
    const current = key(NEW_YEAR - DAY_MS, 'c');
    expect(keysWorthSending([current, old], NEW_YEAR)).toEqual([current]);
  });

  test('the receiver’s own leap seconds count, and change what was sent', async () => {
    const { rig, device, end, stop } = await scene();
    const start = NEW_YEAR - DAY_MS;
    rig.receiver.setKeys([key(start, 'a')]);
    await rig.settle();
    expect(spartnKeysIn(device.of(2, 0x36).at(-1)!, 18)[0]?.startUtcMs).toBe(start);
    expect(device.of(0x01, 0x26)).toHaveLength(1);
    await end.send(navTimels(19));
    await seconds(rig, 6, () => device.pvt({ valid: 0 }));
    expect(rig.receiver.snapshot().leapSeconds).toBe(19);
    expect(device.of(2, 0x36)).toHaveLength(2);
    expect(spartnKeysIn(device.of(2, 0x36).at(-1)!, 19)[0]?.startUtcMs).toBe(start);
    stop();
  });
});

describe('beside the position', () => {
  test('satellites are listed while they are fresh', async () => {
    const { rig, end, device, stop } = await scene();
    await end.send(navSat([{ gnss: 2, sv: 11, cn0: 41, elevation: 30, azimuth: 100, used: true }]));
    await rig.settle();
    expect(rig.receiver.snapshot().satellites).toEqual([
      { gnss: 'galileo', sv: 11, elevationDeg: 30, azimuthDeg: 100, cn0DbHz: 41, isUsed: true },
    ]);
    await seconds(rig, 31, () => device.pvt());
    expect(rig.receiver.snapshot().satellites).toEqual([]);
    stop();
  });

  test('NAV-STATUS tells the quality while neither NAV-PVT nor GGA comes, without a place', async () => {
    const { rig, end, device, stop } = await scene();
    await device.pvt(FIXED);
    await end.send(navStatus({ uptimeMs: 1000 }));
    await rig.settle();
    expect(rig.receiver.snapshot().fix.quality).toBe('rtk_fixed');
    await seconds(rig, 6, () => end.send(navStatus({ uptimeMs: 2000, carrier: 1 })));
    const { fix } = rig.receiver.snapshot();
    expect(fix.quality).toBe('rtk_float');
    expect(fix.latitudeDeg).toBeUndefined();
    stop();
  });

  test('a receiver that refuses the configuration is not sent it again and again', async () => {
    const { rig, device, end, stop } = await scene({ unknownKeys: [0x10740001, 0x10780001] });
    const gga = nmea('GNGGA,123519.00,4807.0380,N,01131.0000,E,1,12,0.80,545.4,M,46.9,M,,');
    await seconds(rig, 10, () => end.send(gga));
    const valsets = device.of(6, 0x8a).length;
    await seconds(rig, 100, () => end.send(gga));
    expect(device.of(6, 0x8a).length).toBe(valsets);
    expect(rig.receiver.snapshot()).toMatchObject({ restarts: 0, configuration: { mandatory: 'refused' } });
    stop();
  });

  test('saving writes to flash once a connection, and repairs to RAM only', async () => {
    const { rig, device, end, stop } = await scene({}, { configure: true, save: true });
    await seconds(rig, 35, () => device.pvt());
    const first = device.of(6, 0x8a).length;
    expect(new Set(device.of(6, 0x8a).map((f) => f[7]))).toEqual(new Set([7]));
    await seconds(rig, 16, () => end.send(ubx(0x04, 0x02, Buffer.from('hello'))));
    const repair = device.of(6, 0x8a).slice(first);
    expect(repair.length).toBe(first);
    expect(new Set(repair.map((f) => f[7]))).toEqual(new Set([1]));
    expect(rig.receiver.snapshot().configuration?.refused).toEqual([]);
    stop();
  });
});
