import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createServiceManager } from '../../src/agent/service-manager.js';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { until } from '../cli/in-process.js';

test('a service manager is told: ready, one sentence, well while every lane makes progress, stopping', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-notify-'));
  const socket = join(dir, 'notify');
  // A process of its own that knows nothing of us plays the manager's socket. Like the real one, and unlike socat, it lets go
  // of the descriptor by which a sender sees that its word was taken.
  const receive =
    'socket(S,AF_UNIX,SOCK_DGRAM,0);bind(S,pack_sockaddr_un(shift));$|=1;print $b while defined recv(S,$b,4096,0)';
  const manager = spawn('perl', ['-MSocket', '-e', receive, socket], { stdio: ['ignore', 'pipe', 'pipe'] });
  let heard = '';
  manager.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString()));
  const clock = createFakeClock();
  const env = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '60000000' };
  const service = createServiceManager(env, clock, silentLogger);
  const count = (word: string): number => heard.split(word).length - 1;
  try {
    // The file is there once it listens; until then a word would be lost, so it is said again.
    const greeting = setInterval(() => service.ready(), 100);
    await until('READY', () => heard.includes('READY=1'));
    clearInterval(greeting);
    // The sender stays until its word is taken: one that has gone cannot be told to be of the unit, and is not heard.
    await until('the barrier', () => heard.includes('BARRIER=1'));
    service.tick([], () => 'looking for\nthe module');
    await until('the sentence', () => heard.includes('STATUS=looking for the module'));
    await until('well', () => count('WATCHDOG=1') === 1);
    await clock.advance(21_000);
    // A lane that hangs: nothing is said, and the manager's limit will run out.
    service.tick(['modem'], () => 'looking for the module');
    service.tick(['modem'], () => 'a new sentence');
    await until('the next sentence', () => heard.includes('STATUS=a new sentence'));
    expect(count('WATCHDOG=1')).toBe(1);
    service.tick([], () => 'a new sentence');
    await until('well again', () => count('WATCHDOG=1') === 2);
    service.stopping();
    await until('stopping', () => heard.includes('STOPPING=1'));
  } finally {
    manager.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});

test('without a service manager nothing is run, and no sentence is asked for', () => {
  const service = createServiceManager({}, createFakeClock(), silentLogger);
  service.ready();
  service.tick([], () => expect.fail('asked'));
  service.stopping();
});
