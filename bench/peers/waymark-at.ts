// One AT command after the other over the agent's own channel and serial link, everything switched on: echo removal,
// unsolicited lines, deadlines.
import { createClock, silentLogger } from '../../src/core/index.js';
import { createLinkOpener } from '../../src/link/index.js';
import { createAtChannel } from '../../src/modem/channel.js';

const { serial, count } = JSON.parse(process.argv[2] ?? '{}') as { serial: string; count: number };

async function main(): Promise<void> {
  const clock = createClock();
  const open = createLinkOpener({ clock, log: silentLogger });
  const link = await open({ address: serial, baudRate: 115_200 }, {});
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  const channel = createAtChannel({ link, clock, log: silentLogger, counters }, { commandGapMs: 0 });
  channel.learn({ urcPrefixes: ['+CREG:'] });
  for (let i = 0; i < count; i++) await channel.run('AT+CSQ', { deadlineMs: 2000 });
  await channel[Symbol.asyncDispose]();
}
void main();
