// A gateway with an AssistNow account at the simulated clouds: for scenarios about what a receiver is told beforehand.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from '../../src/sim/index.js';

/** The configuration section `assistNow` for this world; its token is put beside the receiver's port. */
export function assistNowFor(world: World): Record<string, unknown> {
  const { assistnow, caFile } = world.ready.clouds;
  const secrets = join(dirname(world.ready.receiver.address), 'secrets');
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const token = join(secrets, 'assistnow-token');
  writeFileSync(token, `${assistnow.ztp.token}\n`, { mode: 0o600 });
  return { token: `file:${token}`, url: assistnow.ztp.url, caFile };
}

/** Options of a scenario with that section, `prepare` included. */
export function withAssistNow(options: {
  config?: Record<string, Record<string, unknown> | null>;
  prepare?: (world: World) => unknown;
}): { config: Record<string, Record<string, unknown> | null>; prepare: (world: World) => unknown } {
  const config = { ...options.config };
  return {
    config,
    prepare(world) {
      config['assistNow'] = assistNowFor(world);
      return options.prepare?.(world);
    },
  };
}
