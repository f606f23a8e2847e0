// The simulated machine with USB ports as tests use it: where a program reads it, and every byte its devices ever got.
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { Roots } from '../../src/link/index.js';
import type { Machine, MachinePort, PortRole, World } from '../../src/sim/index.js';

/** Where a program has to look; processes are those of the real machine. */
export const rootsIn = ({ description }: Machine): Roots => ({
  sys: description.sysRoot,
  dev: description.devRoot,
  proc: '/proc',
});

export const machineOf = ({ machine }: World): Machine => {
  if (!machine) throw new Error('a world without a machine');
  return machine;
};

/** The same for the command line. */
export const rootFlags = (world: World): string[] => {
  const { sysRoot, devRoot } = machineOf(world).description;
  return ['--sys-root', sysRoot, '--dev-root', devRoot];
};

/** Keeps all that is written to each device, from now on; one character a byte. */
export function listenTo(machine: Machine): (role: PortRole) => string {
  const heard = new Map<PortRole, string>();
  for (const [role, plug] of Object.entries(machine.plugs))
    plug.onBytes((bytes) => {
      const before = heard.get(role as PortRole) ?? '';
      heard.set(role as PortRole, before + Buffer.from(bytes).toString('latin1'));
    });
  return (role) => heard.get(role) ?? '';
}

/** The place a device has by its role, whatever hangs there now. */
export function portOf(world: World, role: PortRole): MachinePort {
  const found = machineOf(world).description.ports.find((port) => port.role === role);
  if (!found) throw new Error(`no ${role} in this machine`);
  return found;
}

/** Another program that has a port open. */
export interface Intruder extends Disposable {
  readonly pid: number;
  readonly name: string;
  /** From now on it reads, and so takes bytes away from whoever reads as well. */
  steal(): void;
  quit(): Promise<void>;
}

/** Opens the port in another program, which does nothing with it at first. */
export async function intrude(path: string): Promise<Intruder> {
  const port = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  const child = spawn('cat', { stdio: [port, 'ignore', 'ignore'] });
  closeSync(port);
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await started;
  child.kill('SIGSTOP');
  return {
    pid: child.pid ?? Number.NaN,
    name: 'cat',
    steal: () => void child.kill('SIGCONT'),
    quit() {
      child.kill('SIGKILL');
      return ended;
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
