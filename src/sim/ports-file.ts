// The ports of the last run, taken again when they are free: an identity provisioned in an earlier run of the same state
// directory names the broker's port, as a real one would.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CLOUD_PORTS, type CloudPortName, type CloudPorts } from './clouds/clouds.js';

const fileIn = (stateDir: string): string => join(stateDir, 'sim', 'ports.json');

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;

/** What may be asked for again: the remembered ports that nobody else has taken meanwhile. */
export async function rememberedPorts(stateDir: string): Promise<CloudPorts> {
  let data: Partial<Record<CloudPortName, unknown>>;
  try {
    data = (JSON.parse(readFileSync(fileIn(stateDir), 'utf8')) ?? {}) as typeof data;
  } catch {
    return {};
  }
  const ports: CloudPorts = {};
  for (const name of CLOUD_PORTS) {
    const port = data[name];
    if (isPort(port) && (await isFree(port))) ports[name] = port;
  }
  return ports;
}

export function rememberPorts(stateDir: string, ports: Readonly<Record<CloudPortName, number>>): void {
  writeFileSync(fileIn(stateDir), `${JSON.stringify(ports)}\n`, { mode: 0o600 });
}
