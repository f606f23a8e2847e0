// The process of replug.test.ts that lives through the unplugs: waits for the node as the agent's lanes do, opens it,
// asks AT until OK comes, and waits for the hang-up. Says on stdout what it sees and what it still holds, a line each.
import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { nodeIsBack } from '../../src/agent/lanes/node-watch.js';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createLinkOpener, type Link } from '../../src/link/index.js';
import { createAtChannel } from '../../src/modem/channel.js';

const [path = '', rounds = '1'] = process.argv.slice(2);
const collectGarbage = (globalThis as { gc?: () => void }).gc ?? ((): void => undefined);
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

/** What a leak would show in. */
function holdings(signal: AbortSignal): object {
  collectGarbage();
  collectGarbage();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    listeners:
      getEventListeners(signal, 'abort').length +
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    resources: process.getActiveResourcesInfo().length,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    rssMb: process.memoryUsage().rss / 1e6,
  };
}

async function main(): Promise<void> {
  const clock = createClock();
  const { signal } = new AbortController();
  const open = createLinkOpener({ clock, log: silentLogger });
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  for (let round = 0; round < Number(rounds); ) {
    let link: Link;
    try {
      link = await open({ address: path, baudRate: 115_200 }, { signal });
    } catch {
      await nodeIsBack(path, 1000, clock, signal);
      continue;
    }
    const channel = createAtChannel({ link, clock, log: silentLogger, counters }, { commandGapMs: 20 });
    try {
      await channel.run('AT', { deadlineMs: 1000, signal });
      say({ is: 'ok', atMs: performance.timeOrigin + performance.now() });
      await channel.lost;
      round++;
    } catch {
      // Asked again on the next link.
    }
    await channel[Symbol.asyncDispose]();
    say({ is: 'gone', ...holdings(signal) });
    await nodeIsBack(path, 1000, clock, signal);
  }
}
void main().then(() => process.exit(0));
