// gpsd (Debian's, must be installed) reads the raw output as it would read a receiver: it reports the position the agent
// has, to the last digit of NAV-PVT.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { createClock, type Fix, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createReceiver } from '../../src/gnss/index.js';
import { memoryLinkPair } from '../../src/link/index.js';
import { createRawOutput } from '../../src/location/index.js';
import { createSimReceiver } from '../../src/sim/receiver/index.js';
import { inScratch } from '../helpers/scratch.js';
import { freePort } from './str2str.js';

const clock = createClock();
const HOST = '127.0.0.1';

/** The simulated receiver, ours on it, and the raw output of that; all running. */
async function startGateway() {
  const stop = new AbortController();
  const [near, far] = memoryLinkPair();
  const listeners = new Set<(bytes: Uint8Array) => void>();
  void (async () => {
    for await (const chunk of far.bytes) for (const cb of listeners) cb(chunk);
  })();
  const simulated = createSimReceiver(
    {
      port: {
        write: (bytes) => void far.write(bytes).catch(() => undefined),
        onBytes: (cb) => {
          listeners.add(cb);
          return () => void listeners.delete(cb);
        },
      },
      clock,
      log: silentLogger,
    },
    { seed: 'gpsd', keyCheck: 'tag' },
  );
  const receiver = createReceiver(
    { open: async () => near, clock, log: silentLogger },
    {
      port: 'memory',
      baudRate: 38_400,
      protocol: 'ubx',
      maxAgeMs: 10_000,
      maxQueuedBytes: 65_536,
      leapSeconds: 18,
      configure: true,
    },
  );
  const fixes: Fix[] = [];
  receiver.onFix((fix) => fixes.push(fix));
  const output = createRawOutput({ clock, log: silentLogger, receiver }, { host: HOST, port: 0, writable: false });
  const { signal } = stop;
  let listening!: () => void;
  const open = new Promise<void>((resolve) => (listening = resolve));
  const ended = Promise.allSettled([
    receiver.run({ signal }),
    output.serve({ signal, onListening: () => listening() }),
  ]);
  await open;
  return {
    fixes,
    output,
    async [Symbol.asyncDispose]() {
      stop.abort(new WaymarkError('core.cancelled', 'the test ends'));
      await ended;
      simulated[Symbol.dispose]();
      await far[Symbol.asyncDispose]();
    },
  };
}

/** A program that is ended with the scope; its output line by line. */
function start(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject));
  ended.catch(() => undefined);
  return {
    lines: createInterface({ input: child.stdout }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Report {
  class: string;
  mode?: number;
  time?: string;
  lat?: number;
  lon?: number;
}

test('gpsd reports the position the agent has', async () => {
  await inScratch(async (dir) => {
    await using gateway = await startGateway();
    const service = await freePort();
    const source = `tcp://${HOST}:${gateway.output.status().port}`;
    await using _gpsd = start('gpsd', ['-N', '-n', '-b', '-P', join(dir, 'gpsd.pid'), '-S', `${service}`, source]);
    await expect.poll(() => gateway.output.status().clients, { timeout: 10_000 }).toBe(1);
    await using pipe = start('gpspipe', ['-w', '-n', '200', `${HOST}:${service}`]);
    const reports: Report[] = [];
    pipe.lines.on('line', (line) => reports.push(JSON.parse(line) as Report));

    /** Each report of a position, beside our fix of the same moment. */
    const pairs = () =>
      reports.flatMap(({ class: is, mode = 0, time, lat, lon }) => {
        const fix = gateway.fixes.find(({ utcMs }) => utcMs !== undefined && utcMs === Date.parse(time ?? ''));
        return is === 'TPV' && mode >= 2 && fix ? [{ lat, lon, fix }] : [];
      });
    await expect.poll(() => pairs().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    for (const { lat, lon, fix } of pairs()) {
      expect(lat).toBeCloseTo(fix.latitudeDeg!, 7);
      expect(lon).toBeCloseTo(fix.longitudeDeg!, 7);
    }
    expect(gateway.output.status().counters).toMatchObject({ droppedBytes: 0, cut: 0, refused: 0 });
  });
});
