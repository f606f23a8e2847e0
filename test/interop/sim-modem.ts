// The simulated module on a real port, for programs nobody here wrote.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock, silentLogger, sleep } from '../../src/core/index.js';
import { createSimModule, powerFromPlug, type SimModule, type SimModuleOptions } from '../../src/sim/module/index.js';
import { createPlug } from '../../src/sim/plug.js';

export interface PluggedModem extends AsyncDisposable {
  module: SimModule;
  address: string;
  dir: string;
}

/** Registered when this returns. */
export async function pluggedModem(options: Partial<SimModuleOptions> = {}): Promise<PluggedModem> {
  const clock = createClock();
  const dir = mkdtempSync(join(tmpdir(), 'waymark-interop-'));
  const plug = await createPlug({ link: join(dir, 'ttySIM0'), clock, log: silentLogger });
  const module = createSimModule({
    port: plug,
    clock,
    log: silentLogger,
    boot: 20,
    cardMs: 20,
    searchMs: 20,
    bearerMs: 20,
    ...options,
  });
  powerFromPlug(module, plug);
  const end = clock.mono() + 5000;
  while (!module.pdpActive && clock.mono() < end) await sleep(clock, 10);
  return {
    module,
    address: plug.address,
    dir,
    async [Symbol.asyncDispose]() {
      await module[Symbol.asyncDispose]();
      await plug[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Runs a program to its end. A missing program rejects: the judge must be there. Output is both streams together. */
export function judge(
  command: string,
  args: readonly string[],
  limitMs = 25_000,
): Promise<{ rc: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
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
