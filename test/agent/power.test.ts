import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPowerCycle, createPowerHook, hubOf, lastKnownPlace } from '../../src/agent/power.js';
import {
  type Clock,
  createClock,
  createFakeClock,
  type FakeClock,
  toWaymarkError,
  type WaymarkError,
} from '../../src/core/index.js';

const NEVER = new AbortController().signal;
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-power-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program that notes its arguments, then does `body`. */
function program(name: string, body = 'exit 0'): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\necho "$*" >> '${dir}/args'\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
const args = (): string => readFileSync(join(dir, 'args'), 'utf8');

function device(place: string): string {
  const folder = join(dir, 'sys/bus/usb/devices', place);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'authorized'), '1\n');
  return join(folder, 'authorized');
}

const failure = (promise: Promise<void> | undefined): Promise<WaymarkError> =>
  (promise ?? Promise.resolve()).then(
    () => {
      throw new Error('it went well');
    },
    (error: unknown) => toWaymarkError(error),
  );

function way(
  power: 'sysfs' | 'uhubctl' | 'command',
  options: { place?: string; clock?: Clock; path?: string; powerHook?: string[] } = {},
) {
  return createPowerCycle(
    { power, powerHook: options.powerHook },
    {
      clock: options.clock ?? createClock(),
      sys: join(dir, 'sys'),
      busPath: () => options.place,
      env: { PATH: options.path ?? '/usr/bin:/bin' },
    },
  );
}

test('power off means that no way is offered', () => {
  const deps = { clock: createClock(), sys: dir, busPath: () => '1-1' };
  expect(createPowerCycle({ power: 'off', powerHook: ['/bin/true'] }, deps)).toBeUndefined();
});

test('the operator’s program gets its arguments as they are, never through a shell', async () => {
  const hook = program('relay');
  await way('command', { powerHook: [hook, 'a b', '$(touch x)', ';'] })?.(NEVER);
  expect(args()).toBe('a b $(touch x) ;\n');
});

test('a program that ends badly is quoted, without control characters', async () => {
  const hook = program('relay', 'printf "relay \\033[31mstuck\\n" >&2; exit 3');
  const error = await failure(createPowerHook([hook], createClock())(NEVER));
  expect(error).toMatchObject({ code: 'modem.error', message: `${hook} ended with 3: relay \\x1b[31mstuck` });
});

test('a program that is not there is said, with where to correct it', async () => {
  const error = await failure(createPowerHook([join(dir, 'absent')], createClock())(NEVER));
  expect(error).toMatchObject({ code: 'modem.unsupported', hint: expect.stringContaining('recovery.powerHook') });
});

test('a program still running when all is stopped is ended', async () => {
  const hook = program('slow', `trap 'echo ended > "${dir}/ended"; exit 0' TERM\nwhile :; do sleep 0.05; done`);
  const stop = new AbortController();
  const running = failure(createPowerHook([hook], createClock())(stop.signal));
  while (!existsSync(join(dir, 'args'))) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort(new Error('stopped'));
  await running;
  while (!existsSync(join(dir, 'ended'))) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('sysfs: the device is taken away, and given back', async () => {
  const clock = createFakeClock();
  const file = device('1-1.3');
  const seen = new Set<string>();
  const done = { is: false };
  void way('sysfs', { place: '1-1.3', clock })?.(NEVER).then(() => (done.is = true));
  while (!done.is) {
    seen.add(readFileSync(file, 'utf8').trim());
    await clock.advance(100);
  }
  expect([...seen]).toContain('0');
  expect(readFileSync(file, 'utf8').trim()).toBe('1');
});

/** A sysfs in memory: what was written, and when. */
function noted(clock: FakeClock) {
  const written: string[] = [];
  const cycle = createPowerCycle(
    { power: 'sysfs' },
    {
      clock,
      sys: '/sys',
      busPath: () => '2-1',
      write: (file, value) => Promise.resolve(void written.push(`${clock.mono()} ${file} ${value}`)),
    },
  );
  return { written, cycle };
}
const FILE = '/sys/bus/usb/devices/2-1/authorized';

test('sysfs: it stays away for two seconds', async () => {
  const clock = createFakeClock();
  const { written, cycle } = noted(clock);
  void cycle?.(NEVER);
  await clock.advance(5000);
  expect(written).toEqual([`0 ${FILE} 0`, `2000 ${FILE} 1`]);
});

test('sysfs: a device is given back even when all is stopped in between', async () => {
  const clock = createFakeClock();
  const { written, cycle } = noted(clock);
  const stop = new AbortController();
  const running = failure(cycle?.(stop.signal));
  await clock.advance(500);
  stop.abort(new Error('stopped'));
  await running;
  await clock.advance(0);
  expect(written).toEqual([`0 ${FILE} 0`, `500 ${FILE} 1`]);
});

test('sysfs: a place where no device is, is said', async () => {
  expect(await failure(way('sysfs', { place: '1-4' })?.(NEVER))).toMatchObject({ code: 'link.absent' });
});

test.each([
  ['EACCES', /root.*SUBSYSTEM=="usb"/],
  ['EPERM', /root.*SUBSYSTEM=="usb"/],
  ['EROFS', /ProtectKernelTunables/],
])('sysfs: %s is told with what would allow it', async (code, hint) => {
  const refuses = createPowerCycle(
    { power: 'sysfs' },
    {
      clock: createClock(),
      sys: dir,
      busPath: () => '1-1',
      write: () => Promise.reject(Object.assign(new Error(code), { code })),
    },
  );
  expect(await failure(refuses?.(NEVER))).toMatchObject({ code: 'link.permission', hint: expect.stringMatching(hint) });
});

test.each([
  ['1-1.3', '1-1', '3'],
  ['1-1', '1', '1'],
  ['3-2', '3', '2'],
  ['1-1.4.2', '1-1.4', '2'],
  ['10-11.12', '10-11', '12'],
])('%s hangs on hub %s, port %s', (place, hub, port) => {
  expect(hubOf(place)).toEqual({ hub, port });
});

test.each(['usb1', '1', '1.3', '1-1-3', '1-1.3:1.0', '../1-1', '1-', ''])('%j is no place on the USB', (place) => {
  expect(hubOf(place)).toBeUndefined();
});

test.each([undefined, '../../etc', 'usb1'])('nothing is switched at the place %j', async (place) => {
  for (const power of ['sysfs', 'uhubctl'] as const)
    expect(await failure(way(power, place === undefined ? {} : { place })?.(NEVER))).toMatchObject({
      code: 'link.absent',
    });
});

test('uhubctl cycles the very port the module hangs on', async () => {
  program('uhubctl');
  await way('uhubctl', { place: '1-1.3', path: `${dir}:/usr/bin:/bin` })?.(NEVER);
  expect(args()).toBe('-l 1-1 -p 3 -a cycle -d 5\n');
});

test('a hub that cannot switch is said in the words of uhubctl', async () => {
  program('uhubctl', 'echo "No compatible devices detected at location 1!"; exit 1');
  const error = await failure(way('uhubctl', { place: '1-1', path: `${dir}:/usr/bin:/bin` })?.(NEVER));
  expect(error).toMatchObject({
    code: 'modem.error',
    message: expect.stringContaining('No compatible devices detected'),
    hint: expect.stringContaining('uhubctl -l 1'),
  });
});

test('the place of a module is remembered when it is gone', () => {
  let now: string | undefined = '1-1.2';
  const place = lastKnownPlace(() => now);
  expect(place.busPath()).toBe('1-1.2');
  now = undefined;
  place.note();
  expect(place.busPath()).toBe('1-1.2');
  now = '1-1.4';
  place.note();
  now = undefined;
  expect(place.busPath()).toBe('1-1.4');
});
