// The simulators run in a process of their own, from a bundle that the agent never loads.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, type ClockAnchor, clockEnvironment, deferred, WaymarkError, withDeadline } from '../core/index.js';

/** Seconds on a small board; an emulated or very busy one takes ten times as long. */
const READY_MS = 90_000;

/** Beside this bundle: dist/lib/waymark.cjs and dist/sim/sim.cjs. */
function simBundle(): string {
  const file = join(__dirname, '..', 'sim', 'sim.cjs');
  if (!existsSync(file))
    throw new WaymarkError('core.internal', `the simulator bundle is missing: ${file}`, {
      hint: 'Build it with `npm run build`.',
    });
  return file;
}

/** The commands a running world or module understands, one a line. */
export function simCommands(): string {
  return spawnSync(process.execPath, [simBundle(), 'commands'], { encoding: 'utf8' }).stdout;
}

/** Runs one simulator in the foreground until it ends; gives its exit code. */
export function runSimulator(verb: string, options: unknown, anchor?: ClockAnchor): Promise<number> {
  const child = spawn(process.execPath, [simBundle(), verb, JSON.stringify(options)], {
    // The fourth tells it when we are gone, however that came.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...clockEnvironment(anchor) },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 0 : 70)));
  });
}

export interface WorldReady {
  modem: { address: string; kind: string };
  receiver: { address: string; kind: string };
  clouds: {
    caFile: string;
    ztp: { url: string; token: string };
    pointperfect: {
      mqtt: Record<string, unknown>;
      ntrip: {
        host: string;
        port: number;
        tlsPort: number;
        mountPoint: string;
        userName: string;
        password: string;
      };
      ucenterConfigFile: string;
    };
    assistnow: { ztp: { url: string; token: string } };
    losant: {
      restUrl: string;
      mqtt: { host: string; port: number };
      applicationId: string;
      deviceId: string;
      accessKey: string;
      accessSecret: string;
    };
    thingspace: { locateEndpoint: string; enrolmentToken: string };
    devicewise: { appToken: string; mqtt: { host: string; port: number; plainPort: number }; http: { url: string } };
  };
}

export interface WorldProcess extends AsyncDisposable {
  readonly ready: WorldReady;
  /** `{do: 'unplug', device: 'modem'}` and the like. */
  send(command: Readonly<Record<string, unknown>>): void;
  /** Resolves when the process has ended, however. */
  readonly exited: Promise<number>;
}

/** Starts module, receiver and clouds in one child process and waits until they are up (10 s). */
export async function startWorld(
  options: Readonly<Record<string, unknown>>,
  deps: { clock: Clock; anchor: ClockAnchor | undefined; onLine?: (line: Readonly<Record<string, unknown>>) => void },
): Promise<WorldProcess> {
  const child = spawn(process.execPath, [simBundle(), 'world', JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...clockEnvironment(deps.anchor) },
    // Ctrl-C goes to the whole terminal group; the world must outlive the agent's own orderly stop.
    detached: true,
  });
  const exited = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 70)));
  const first = deferred<WorldReady>();
  child.on('error', (error) => first.reject(error));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = parseLine(line);
    if (said?.['ready']) first.resolve(said['ready'] as WorldReady);
    else if (said) deps.onLine?.(said);
  });
  void exited.then((code) =>
    first.reject(new WaymarkError('core.internal', `the simulators ended with code ${code} while starting`)),
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ready = await withDeadline(
    { clock: deps.clock, ms: READY_MS, what: 'simulators to start' },
    () => first.promise,
  );
  return {
    ready,
    exited,
    send: (command) => void child.stdin.write(`${JSON.stringify(command)}\n`),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await endWithin(child, exited, deps.clock);
      process.off('exit', kill);
    },
  };
}

async function endWithin(child: ChildProcess, exited: Promise<number>, clock: Clock): Promise<void> {
  try {
    await withDeadline({ clock, ms: 3000, what: 'simulators to end' }, () => exited);
  } catch {
    child.kill('SIGKILL');
    await exited;
  }
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
