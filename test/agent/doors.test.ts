// The doors as the agent opens them: the page's address and token, the configuration as it is shown, and latency.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openDoors } from '../../src/agent/doors.js';
import { createLatencyWatch } from '../../src/agent/latency.js';
import {
  type CloudLink,
  createClock,
  createFakeClock,
  silentLogger,
  sleep,
  type Verdict,
} from '../../src/core/index.js';
import { createMeter } from '../../src/net/index.js';
import type { Outbox } from '../../src/outbox/index.js';
import { createHistory, pageTokenFileIn } from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';
import { ask } from '../status/door-rig.js';

function folder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'waymark-doors-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function open(dir: string, http: { host: string; port: number } | undefined, warned: string[] = []) {
  const clock = createClock();
  const config = {
    ...{ runtimeDir: dir, status: { socketMode: '0600', http } },
    ztp: { token: 'file:/etc/waymark/ztp-token', url: 'https://ztp.example/' },
    losant: { accessKey: 'credential:losant-key', topics: ['env:NAME'] },
  } as unknown as Parameters<typeof openDoors>[0]['config'];
  return openDoors({
    ...{ config, configFile: join(dir, 'gateway.yaml'), clock, snapshot: () => statusWith(), actions: {} },
    log: { ...silentLogger, warn: (event) => void warned.push(event) },
    ...{ history: createHistory(clock), logTail: undefined, isReady: () => true, onChange: () => () => undefined },
    isAnyPortFine: true,
  });
}

test('without status.http there is neither page nor token', async () => {
  using dir = folder();
  await using doors = await open(dir.path, undefined);
  expect(doors.page).toBeUndefined();
  expect(existsSync(pageTokenFileIn(dir.path))).toBe(false);
});

test('a port that is taken gives another; references are shown as references; the token goes with the doors', async () => {
  using one = folder();
  using two = folder();
  await using first = await open(one.path, { host: '127.0.0.1', port: 0 });
  const port = Number(new URL(first.page?.url ?? '').port);
  const second = await open(two.path, { host: '127.0.0.1', port });
  const other = Number(new URL(second.page?.url ?? '').port);
  expect(other).not.toBe(port);
  expect(second.page?.tokenFile).toBe(pageTokenFileIn(two.path));
  expect(JSON.parse((await ask({ port: other }, '/api/v1/config')).text)).toMatchObject({
    file: join(two.path, 'gateway.yaml'),
    config: {
      ztp: { token: { ref: 'file:/etc/waymark/ztp-token' }, url: 'https://ztp.example/' },
      losant: { accessKey: { ref: 'credential:losant-key' }, topics: [{ ref: 'env:NAME' }] },
    },
  });
  expect((await ask({ port: other }, '/api/v1/schema')).text).toContain('Waymark gateway configuration');
  await second[Symbol.asyncDispose]();
  expect(existsSync(pageTokenFileIn(two.path))).toBe(false);
});

test('a door to the network is warned of', async () => {
  using dir = folder();
  const warned: string[] = [];
  await using doors = await open(dir.path, { host: '0.0.0.0', port: 0 }, warned);
  expect(warned).toEqual(['status.exposed']);
  expect(doors.page?.url).toMatch(/^http:\/\/localhost:\d+\/$/);
});

test('latency is that of the last connection or confirmation; a refusal is none', async () => {
  const clock = createFakeClock();
  const watch = createLatencyWatch(clock);
  expect(watch.last()).toBeUndefined();
  const dial = watch.timedMeter(createMeter()).metered('ntrip', async () => {
    await sleep(clock, 80);
    return new PassThrough();
  });
  const dialled = dial({ host: 'h', port: 1 }, {});
  await clock.advance(80);
  await dialled;
  expect(watch.last()).toEqual({ of: 'connection', service: 'ntrip', ms: 80, ageMs: 0 });

  const verdicts: Verdict[] = [{ is: 'confirmed' }, { is: 'timeout' }];
  const link = {
    limits: { window: 1, pace: { count: 1, perMs: 1 } },
    async publish() {
      await sleep(clock, 250);
      return verdicts.shift() ?? { is: 'timeout' };
    },
  } as CloudLink;
  let given: CloudLink | undefined;
  const outbox = watch.timedOutbox('losant', {
    drain(timed: CloudLink) {
      given = timed;
      return Promise.resolve();
    },
  } as unknown as Outbox);
  await outbox.drain(link, { signal: new AbortController().signal });
  for (const _ of [1, 2]) {
    const published = given?.publish({} as never, {} as never);
    await clock.advance(250);
    await published;
  }
  expect(watch.last()).toEqual({ of: 'confirmation', service: 'losant', ms: 250, ageMs: 250 });
  expect(given?.publishMany).toBeUndefined();
});
