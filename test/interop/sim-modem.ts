// The simulated module on a real port, for programs nobody here wrote.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createClock, silentLogger, sleep } from '../../src/core/index.js';
import { createSimModule, powerFromPlug, type SimModule, type SimModuleOptions } from '../../src/sim/module/index.js';
import { createPlug, type PortLike } from '../../src/sim/plug.js';

export const FAMILIES = ['telit', 'ublox', 'quectel'] as const;

/** How the module's bytes are cut. The gap keeps pipes from joining them again; 1 ms is 10 000 Bd for single bytes. */
export const CUTS = {
  whole: {},
  'one-byte': { chunking: 'one-byte', chunkGapMs: 1 },
  random: { chunking: { random: 7 }, chunkGapMs: 1 },
} as const satisfies Record<string, Partial<SimModuleOptions>>;

export interface PluggedModem extends AsyncDisposable {
  module: SimModule;
  address: string;
  dir: string;
  /** Asks on the second AT port. Returns all that was said until OK or `limitMs`. */
  askSecondary(line: string, limitMs?: number): Promise<string>;
}

/** Registered when this returns. */
export async function pluggedModem(options: Partial<SimModuleOptions> = {}): Promise<PluggedModem> {
  const clock = createClock();
  const dir = mkdtempSync(join(tmpdir(), 'waymark-interop-'));
  const plug = await createPlug({ link: join(dir, 'ttySIM0'), clock, log: silentLogger });
  let said = '';
  let type: (bytes: Uint8Array) => void = () => undefined;
  const secondary: PortLike = {
    write: (bytes) => void (said += Buffer.from(bytes).toString('latin1')),
    onBytes(cb) {
      type = cb;
      return () => undefined;
    },
  };
  const module = createSimModule({
    port: plug,
    secondary,
    clock,
    log: silentLogger,
    boot: 20,
    cardMs: 20,
    searchMs: 20,
    bearerMs: 20,
    ...options,
  });
  powerFromPlug(module, plug);
  const until = async (isTrue: () => boolean, limitMs: number): Promise<void> => {
    const end = clock.mono() + limitMs;
    while (!isTrue() && clock.mono() < end) await sleep(clock, 10);
  };
  await until(() => module.pdpActive, 5000);
  return {
    module,
    address: plug.address,
    dir,
    async askSecondary(line, limitMs = 5000) {
      said = '';
      type(Buffer.from(`${line}\r`));
      await until(() => /^OK\r$/m.test(said), limitMs);
      return said;
    },
    async [Symbol.asyncDispose]() {
      await module[Symbol.asyncDispose]();
      await plug[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** After a judge: it never typed into an open command, nothing was reset, and the second AT port is as it was. */
export async function expectWell({ module, askSecondary }: PluggedModem): Promise<void> {
  expect(module.counters).toMatchObject({ intrusions: 0, resets: 0 });
  expect(await askSecondary('AT+CGSN')).toContain(module.state.identity.imei);
}

export interface JudgeOptions {
  limitMs?: number;
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. A missing program rejects: the judge must be there. Output is both streams together. */
export function judge(
  command: string,
  args: readonly string[],
  { limitMs = 25_000, env = {} }: JudgeOptions = {},
): Promise<{ rc: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C', ...env },
    });
    let output = '';
    const take = (bytes: Buffer): void => {
      output += bytes.toString('latin1');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const limit = createClock().after(limitMs, () => {
      output += `\n[killed after ${limitMs} ms]`;
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (rc) => {
      limit.cancel();
      resolve({ rc: rc ?? -1, output });
    });
  });
}
