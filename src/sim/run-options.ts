// Options of the simulators as they come on the command line of their bundle, one JSON object: read and judged here.
import type { Clock, Logger } from '../core/index.js';
import { PORTS_AFTER_RESET } from './bus-watch.js';
import { CLOUD_PORTS, type CloudPorts, ZTP_PLANS } from './clouds/index.js';
import { createFields, type Fields, isRecord, mistake, needed, present } from './fields.js';
import type { RunSimModemOptions } from './module/index.js';
import { CHUNKINGS, chunkingOf, readCard, readCoverage } from './module-options.js';
import { SIM_PROFILES } from './profile.js';
import { type KeyCheck, type RunSimReceiverOptions, readReceiverKnobs } from './receiver/index.js';
import type { WorldOptions } from './world.js';

export interface Base {
  clock: Clock;
  log: Logger;
}

/** The fields of `what`'s options. Errors: `cli.usage`, as sentences; so of all readers here. */
export function parseOptions(what: string, json = '{}'): Fields {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    throw mistake('the options are not JSON');
  }
  if (!isRecord(data)) throw mistake('the options must be an object');
  return createFields(data, what);
}

const seedOf = (options: Fields): number | undefined => options.whole('seed', 1, Number.MAX_SAFE_INTEGER);
const seedTextOf = (options: Fields): string | undefined => {
  const seed = seedOf(options);
  return seed === undefined ? undefined : `waymark-${seed}`;
};

function cloudPorts(options: Fields): CloudPorts | undefined {
  const group = options.group('ports');
  if (!group) return undefined;
  const ports: CloudPorts = {};
  for (const name of CLOUD_PORTS) {
    const port = group.whole(name, 1, 65_535);
    if (port !== undefined) ports[name] = port;
  }
  group.end();
  return ports;
}

function capture(options: Fields): { file: string | undefined; speed: number } {
  return { file: options.text('capture'), speed: options.positive('speed') ?? 1 };
}

function linksOf(options: Fields): WorldOptions['links'] {
  const links = options.group('links');
  if (!links) return undefined;
  return {
    modem: needed(links.text('modem'), 'links.modem'),
    receiver: needed(links.text('receiver'), 'links.receiver'),
  };
}

/** What a module is, alone or in a world. */
function moduleFacts(options: Fields) {
  const card = options.group('card');
  const coverage = options.group('coverage');
  return present({
    profile: options.choice('profile', SIM_PROFILES),
    card: card && readCard(card),
    coverage: coverage && readCoverage(coverage),
  });
}

export function worldOptions(options: Fields, base: Base): WorldOptions {
  const { file, speed } = capture(options);
  const receiver = options.group('receiver');
  const world = {
    ...base,
    stateDir: needed(options.text('stateDir'), 'stateDir'),
    ...present({
      links: linksOf(options),
      tree: options.text('tree'),
      portsAfterReset: options.choice('portsAfterReset', PORTS_AFTER_RESET),
    }),
    ...moduleFacts(options),
    ...present({ receiver: receiver && readReceiverKnobs(receiver) }),
    speed,
    ...present({ capture: file, saveFile: options.text('saveFile'), transcript: options.text('transcript') }),
    ...present({ seed: seedOf(options), ports: cloudPorts(options), plan: options.choice('plan', ZTP_PLANS) }),
  };
  options.end();
  return world;
}

export function modemOptions(options: Fields, base: Base): RunSimModemOptions {
  const seed = seedOf(options);
  const chunking = options.choice('chunking', CHUNKINGS);
  const modem = {
    ...base,
    link: needed(options.text('link'), 'link'),
    ...moduleFacts(options),
    ...present({ link2: options.text('link2'), nmeaLink: options.text('nmea'), control: options.text('control') }),
    ...present({ seed, stateFile: options.text('stateFile'), stormPerS: options.positive('storm') }),
    ...present({ chunking: chunking && chunkingOf(chunking, seed) }),
  };
  options.end();
  return modem;
}

export function receiverOptions(options: Fields, base: Base): RunSimReceiverOptions {
  const keyChecks = ['tag', 'any-valid-key'] as const satisfies readonly KeyCheck[];
  const receiver = {
    ...base,
    link: needed(options.text('link'), 'link'),
    ...present({
      saveFile: options.text('saveFile'),
      seed: seedTextOf(options),
      keyCheck: options.choice('keyCheck', keyChecks),
    }),
    knobs: readReceiverKnobs(options),
  };
  options.end();
  return receiver;
}

export function cloudsOptions(options: Fields, base: Base) {
  const { file, speed } = capture(options);
  const clouds = {
    ...base,
    stateDir: needed(options.text('stateDir'), 'stateDir'),
    ...present({
      seed: seedTextOf(options),
      ports: cloudPorts(options),
      plan: options.choice('plan', ZTP_PLANS),
      capture: file === undefined ? undefined : { file, speed },
    }),
  };
  options.end();
  return clouds;
}
