import { describe, expect, test } from 'vitest';
import { silentLogger, WaymarkError } from '../../src/core/index.js';
import { type GnssReading, parseCgpsinfo, parseGpsacp, parseQgpsloc } from '../../src/modem/apps/module-gnss/parse.js';
import { createModem } from '../../src/modem/index.js';
import { answerWith, type SimModuleOptions } from '../../src/sim/module/index.js';
import { during } from './during.js';
import { simBench } from './sim-bench.js';

const UTC = Date.UTC(2026, 5, 15, 11, 2, 3, 500);
const NONE: GnssReading = { quality: 'none' };

describe('what a module says', () => {
  test.each<[string, (line: string) => GnssReading | undefined, string, GnssReading | undefined]>([
    [
      'Telit in space',
      parseGpsacp,
      '$GPSACP: 110203.500,4812.4920N,01622.4280E,0.9,171.2,3,0.0,0.0,0.0,150626,08,05',
      {
        quality: '3d',
        latitudeDeg: 48.2082,
        longitudeDeg: 16.3738,
        altitudeMslM: 171.2,
        hdop: 0.9,
        satellites: 13,
        utcMs: UTC,
      },
    ],
    [
      'Telit flat, south and west, without the second count: a height is none',
      parseGpsacp,
      '$GPSACP: 110203.500,3330.0000S,07030.0000W,2.1,500.0,2,0.0,0.0,0.0,150626,04',
      { quality: '2d', latitudeDeg: -33.5, longitudeDeg: -70.5, hdop: 2.1, satellites: 4, utcMs: UTC },
    ],
    ['Telit without a fix', parseGpsacp, '$GPSACP: ,,,,,1,,,,,,', NONE],
    ['Telit with old figures and no fix', parseGpsacp, '$GPSACP: 110203.5,4812.4N,01622.4E,1,1,0,0,0,0,150626,0', NONE],
    ['Telit, cut short', parseGpsacp, '$GPSACP: 110203.500,4812.4920N,016', NONE],
    ['Telit, nothing', parseGpsacp, '$GPSACP:', NONE],
    ['Telit, sixty minutes', parseGpsacp, '$GPSACP: 110203.5,4860.0N,01622.4E,1,1,3,0,0,0,150626,5', NONE],
    ['Telit, beyond the pole', parseGpsacp, '$GPSACP: 110203.5,9100.0N,01622.4E,1,1,3,0,0,0,150626,5', NONE],
    ['Telit, at 0, 0', parseGpsacp, '$GPSACP: 110203.5,0000.0N,00000.0E,1,1,3,0,0,0,150626,5', NONE],
    ['another line', parseGpsacp, '$GPSP: 1', undefined],
    [
      'Quectel',
      parseQgpsloc,
      '+QGPSLOC: 110203.500,48.20820,-16.37380,0.9,171.2,3,000.00,0.0,0.0,150626,08',
      {
        quality: '3d',
        latitudeDeg: 48.2082,
        longitudeDeg: -16.3738,
        altitudeMslM: 171.2,
        hdop: 0.9,
        satellites: 8,
        utcMs: UTC,
      },
    ],
    [
      'Quectel, a day that is none',
      parseQgpsloc,
      '+QGPSLOC: 110203,48.2,16.3,,,2,,,,310226,',
      { quality: '2d', latitudeDeg: 48.2, longitudeDeg: 16.3 },
    ],
    ['Quectel in another mode', parseQgpsloc, '+QGPSLOC: 110203.5,4812.4920N,01622.4E,1,1,3,0,0,0,150626,5', NONE],
    ['Quectel, beyond the globe', parseQgpsloc, '+QGPSLOC: 110203.5,48.2,181,1,1,3,0,0,0,150626,5', NONE],
    [
      'SIMCom',
      parseCgpsinfo,
      '+CGPSINFO: 4812.492000,N,01622.428000,E,150626,110203.5,171.2,0.0,0.0',
      { quality: '3d', latitudeDeg: 48.2082, longitudeDeg: 16.3738, altitudeMslM: 171.2, utcMs: UTC },
    ],
    ['SIMCom without a fix', parseCgpsinfo, '+CGPSINFO: ,,,,,,,,', NONE],
    ['SIMCom, letters astray', parseCgpsinfo, '+CGPSINFO: 4812.4,E,01622.4,N,150626,110203.5,171.2,0.0', NONE],
  ])('%s', (_what, parse, line, reading) => {
    const got = parse(line);
    expect(got && { ...got, ...rounded(got) }).toEqual(reading);
  });
});

/** Minutes do not come out even. */
const rounded = ({ latitudeDeg, longitudeDeg }: GnssReading): Partial<GnssReading> =>
  latitudeDeg === undefined || longitudeDeg === undefined
    ? {}
    : { latitudeDeg: Number(latitudeDeg.toFixed(7)), longitudeDeg: Number(longitudeDeg.toFixed(7)) };

async function rig(options: Partial<SimModuleOptions>) {
  const bench = simBench(options);
  const modem = createModem(
    { open: bench.open, clock: bench.clock, log: silentLogger },
    {
      port: '/dev/sim',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode: 'observe', contextId: 1, ipType: 'IPV4V6' },
    },
  );
  const { signal } = new AbortController();
  const up = await during(
    bench.clock,
    modem.bringUp({ signal }).then(() => 'up'),
  );
  expect(up).toBe('up');
  const orError = (error: unknown): unknown => {
    if (error instanceof WaymarkError) return error;
    throw error;
  };
  return {
    ...bench,
    modem,
    read: () => during(bench.clock, modem.moduleGnss.read({ signal }).catch(orError)),
    /** As a person would. */
    type: (command: string) => during(bench.clock, modem.run(command)),
    stop: () => during(bench.clock, modem.moduleGnss.stop({ signal })),
  };
}

const HERE = { latitudeDeg: 48.2082, longitudeDeg: -16.3738, altitudeM: 171.2 };

describe.each([
  ['telit', 'AT$GPSP=1', 'AT$GPSP=0', 'AT$GPSACP', 13],
  ['quectel', 'AT+QGPS=1', 'AT+QGPSEND', 'AT+QGPSLOC', 8],
] as const)('a %s module', (profile, start, stop, question, satellites) => {
  test('is asked, switched on once for that, and off again', async () => {
    const { modem, read, taken, sim, clock, stop: end } = await rig({ profile, position: HERE });
    // Nobody has asked, so nothing was switched on.
    expect(sim.state.isGnssOn).toBe(false);
    expect(modem.moduleGnss.isSupported).toBe(true);
    const fix = await read();
    expect(fix).toMatchObject({
      quality: '3d',
      latitudeDeg: expect.closeTo(48.2082, 5),
      longitudeDeg: expect.closeTo(-16.3738, 5),
      altitudeMslM: 171.2,
      hdop: 0.9,
      satellites,
      source: 'module-gnss',
    });
    expect(fix).not.toHaveProperty('horizontalAccuracyM');
    expect((fix as { atMonoMs: number }).atMonoMs).toBeGreaterThan(clock.mono() - 1000);
    await read();
    expect([taken(start).length, taken(question).length]).toEqual([1, 2]);
    await end();
    await end();
    expect(sim.state.isGnssOn).toBe(false);
    expect(taken(stop)).toHaveLength(1);
  });

  test('without a fix has none; what was on before stays on', async () => {
    const { read, sim, stop: end, taken, type } = await rig({ profile, position: null });
    await type(start);
    expect(await read()).toBeUndefined();
    await end();
    expect(sim.state.isGnssOn).toBe(true);
    expect(taken(start)).toHaveLength(1);
  });

  test('that somebody switched off is switched on again', async () => {
    const { read, type } = await rig({ profile, position: HERE });
    await read();
    await type(stop);
    expect(await read()).toMatchObject({ code: 'modem.error' });
    expect(await read()).toMatchObject({ quality: '3d' });
  });

  test('without a receiver says so', async () => {
    const { read, sim } = await rig({ profile, position: HERE });
    sim.push(answerWith(start.slice(2).split('=')[0] ?? '', 'ERROR'));
    expect(await read()).toMatchObject({ code: 'modem.unsupported', hint: expect.stringContaining('moduleGnss') });
  });
});

test('a family without one is not asked', async () => {
  const { modem, read, sim } = await rig({ profile: 'ublox' });
  expect(modem.moduleGnss.isSupported).toBe(false);
  expect(await read()).toMatchObject({ code: 'modem.unsupported' });
  expect(sim.state.isGnssOn).toBe(false);
});
