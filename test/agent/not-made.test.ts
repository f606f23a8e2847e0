// An agent that could not be made leaves nothing behind: after a refused reload the one before goes on in the same process.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAgent } from '../../src/agent/compose.js';
import { loadConfig } from '../../src/config/index.js';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { eventually } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

test.each(['corrections', 'assistNow', 'fleet'])(
  'an authority of %s that cannot be read leaves no timer running',
  (section) =>
    inScratch(async (dir) => {
      const token = `file:${dir}/token`;
      writeFileSync(join(dir, 'token'), '3bf0290c-0230-4661-aa98-3c7ad616c965\n', { mode: 0o600 });
      const ca = (name: string): string => (name === section ? ', caFile: /nowhere.pem' : '');
      const file = join(dir, 'gateway.yaml');
      writeFileSync(
        file,
        [
          ...['version: 1', `stateDir: ${dir}/state`, `runtimeDir: ${dir}/run`],
          ...['modem: { port: /dev/none }', 'gnss: { port: /dev/none-either }', `ztp: { token: "${token}" }`],
          `corrections: { region: eu${ca('corrections')} }`,
          `assistNow: { token: "${token}"${ca('assistNow')} }`,
          `fleet: { broker: "broker.example:8883"${ca('fleet')} }`,
        ].join('\n'),
        { mode: 0o600 },
      );
      const clock = createFakeClock();
      const config = await loadConfig(file, { env: {}, clock });
      await expect(createAgent({ config, configDir: dir, clock, log: silentLogger, env: {} })).rejects.toMatchObject({
        code: 'config.unreadable',
      });
      // A first look at a secret file may still be at work, and ends.
      await eventually('no timer', () => clock.pending === 0, 2000);
    }),
);
