// The agent streams from str2str (rtklib, must be installed) acting as caster: what the receiver gets is what was fed in.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock } from '../../src/core/index.js';
import { createCorrectionStream } from '../../src/sim/index.js';
import { createRtcmStream } from '../../src/sim/rtcm-stream.js';
import { eventually, lamp, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';
import { contents, startCasterStr2str } from './str2str.js';

const USER = 'rover';
const WORD = 'str2str-test-word';
const clock = createClock();
const rover = { latitudeDeg: 48.2, longitudeDeg: 16.37, heightM: 170 };

const STREAMS = {
  RTCM: () => createRtcmStream({ clock }, { seed: 'str2str', rover, periodS: 1, station: 1005 }),
  SPARTN: () => {
    const stream = createCorrectionStream({ clock, seed: 'str2str' });
    return { start: (emit: (bytes: Uint8Array) => void) => stream.start(({ payload }) => emit(payload)) };
  },
} as const;

test.concurrent.each([
  ['RTCM', 3000, 'rtcmIn'],
  ['SPARTN', 9000, 'spartnIn'],
] as const)('%s from str2str reaches the receiver byte by byte', async (format, bytes, counter) => {
  await inScratch(async (dir) => {
    const saveFile = join(dir, 'received');
    const secret = join(dir, 'word');
    writeFileSync(secret, `${WORD}\n`, { mode: 0o600 });
    await using caster = await startCasterStr2str({ userName: USER, password: WORD, mountPoint: `STATION_${format}` });
    await using gateway = await startScenario({
      dir,
      world: { saveFile },
      config: {
        modem: null,
        ztp: null,
        corrections: {
          ntrip: {
            host: '127.0.0.1',
            port: caster.port,
            mountPoint: `STATION_${format}`,
            userName: USER,
            password: `file:${secret}`,
          },
        },
      },
    });
    await gateway.until('accepted', (s) => lamp(s, 'session').state === 'lit');
    const sent: Uint8Array[] = [];
    const total = (): number => sent.reduce((sum, { length }) => sum + length, 0);
    const stop = STREAMS[format]().start((piece) => {
      sent.push(piece);
      caster.feed(piece);
    });
    try {
      await eventually('enough of it', () => total() >= bytes, 25_000);
    } finally {
      stop();
    }
    await eventually('all of it at the receiver', () => contents(saveFile).length >= total());
    expect(contents(saveFile).equals(Buffer.concat(sent))).toBe(true);
    const status = gateway.status();
    expect(status.session.connects).toBe(1);
    expect(status.corrections).toMatchObject({ source: 'ntrip', bytesIn: total(), badBytes: 0, dropped: 0 });
    expect(status.corrections.detail).toContain('NTRIP 1');
    expect(gateway.world.receiver.counters[counter]).toBeGreaterThan(10);
  });
});
