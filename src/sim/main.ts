// Entry of the second bundle: the simulators as a process of their own, so that none of their packages is ever in the
// agent's memory. `sim.cjs <world|modem|receiver|clouds> <options as JSON>`; the clock comes with the environment.
import {
  createClock,
  createLogger,
  createOutput,
  exitCodeOf,
  inheritedAnchor,
  LOG_LEVELS,
  WaymarkError,
} from '../core/index.js';
import { runSimClouds } from './clouds/index.js';
import { runSimModem } from './module/index.js';
import { type KeyCheck, runSimReceiver } from './receiver/index.js';
import { runWorld } from './run-world.js';

type Options = Readonly<Record<string, unknown>>;

const usage = (what: string): WaymarkError => new WaymarkError('cli.usage', what);

function text(options: Options, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw usage(`${name}: a text`);
}

function needed(options: Options, name: string): string {
  const value = text(options, name);
  if (value === undefined) throw usage(`${name} is missing`);
  return value;
}

function positive(options: Options, name: string): number | undefined {
  const value = options[name];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value) && value > 0)) return value;
  throw usage(`${name}: a number above 0`);
}

function group(options: Options, name: string): Options | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw usage(`${name}: an object`);
  return value as Options;
}

/** Only what is there: absent options keep their defaults. */
function present<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function parseOptions(json: string | undefined): Options {
  try {
    const data: unknown = JSON.parse(json ?? '{}');
    return group({ options: data }, 'options') ?? {};
  } catch (error) {
    throw error instanceof WaymarkError ? error : usage('the options are not JSON');
  }
}

async function run(what: string | undefined, options: Options): Promise<void> {
  const clock = createClock(inheritedAnchor(process.env));
  const level = LOG_LEVELS.find((each) => each === options['logLevel']) ?? 'warn';
  const log = createLogger({ level, output: createOutput(process.stderr), now: () => clock.wall() }).child(
    `sim.${what ?? '?'}`,
  );
  const base = { clock, log };
  const cloudPorts = group(options, 'ports');
  const ports = cloudPorts && present({ ztp: positive(cloudPorts, 'ztp'), broker: positive(cloudPorts, 'broker') });
  const seed = positive(options, 'seed');
  const seedText = seed === undefined ? undefined : `waymark-${seed}`;
  const file = text(options, 'capture');
  const speed = positive(options, 'speed') ?? 1;
  switch (what) {
    case 'world': {
      const links = group(options, 'links') ?? {};
      await runWorld({
        ...base,
        stateDir: needed(options, 'stateDir'),
        links: { modem: needed(links, 'modem'), receiver: needed(links, 'receiver') },
        speed,
        ...present({ capture: file, saveFile: text(options, 'saveFile'), transcript: text(options, 'transcript') }),
        ...present({ seed, ports }),
      });
      return;
    }
    case 'modem':
      await runSimModem({
        ...base,
        link: needed(options, 'link'),
        ...present({ seed, stateFile: text(options, 'stateFile') }),
      });
      return;
    case 'receiver': {
      const keyCheck = (['tag', 'any-valid-key'] as const satisfies readonly KeyCheck[]).find(
        (each) => each === options['keyCheck'],
      );
      await runSimReceiver({
        ...base,
        link: needed(options, 'link'),
        ...present({ saveFile: text(options, 'saveFile'), seed: seedText, keyCheck }),
      });
      return;
    }
    case 'clouds':
      await runSimClouds({
        ...base,
        stateDir: needed(options, 'stateDir'),
        ...present({ seed: seedText, ports, capture: file === undefined ? undefined : { file, speed } }),
      });
      return;
    default:
      throw usage('one of world, modem, receiver, clouds');
  }
}

async function main(): Promise<void> {
  try {
    await run(process.argv[2], parseOptions(process.argv[3]));
    process.exitCode = 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    process.exitCode = exitCodeOf(error);
  }
  // What still waits somewhere must not keep an ended simulator alive.
  process.exit();
}

void main();
