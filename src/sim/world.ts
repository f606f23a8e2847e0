// Everything outside the gateway in one process: module, receiver and clouds, wired as the real things are. The module's
// data connection decides whether the clouds can be reached; cables can be pulled.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, createDisposer, type Logger } from '../core/index.js';
import { type PortsAfterReset, watchBus } from './bus-watch.js';
import { type Cables, createPlainCables, type WorldDevice } from './cables.js';
import {
  type CloudPorts,
  type CloudsDescription,
  createSimClouds,
  type SimClouds,
  type ZtpPlan,
} from './clouds/index.js';
import { createCloudsDesk } from './clouds-desk.js';
import { isCloudsOrder, type WorldCommand } from './commands.js';
import { mistake } from './fields.js';
import { watchLineSpeed } from './line-speed.js';
import { createMachine, type Machine, type MachineDescription } from './machine.js';
import { createSimModule, factoryIccid, factoryImei, type SimModule, type SimModuleOptions } from './module/index.js';
import { createRandom } from './module/random.js';
import { createModuleDesk } from './module-desk.js';
import { createModuleDial } from './module-dial.js';
import { rememberedPorts, rememberPorts } from './ports-file.js';
import type { SimProfile } from './profile.js';
import { createSimReceiver, type ReceiverKnobs, type SimReceiver } from './receiver/index.js';

export interface WorldOptions {
  clock: Clock;
  log: Logger;
  /** Authority, account, module memory and control socket live in its folder `sim`. */
  stateDir: string;
  /** Paths the two serial ports appear at. Not needed (and not looked at) with a tree. */
  links?: Readonly<Record<WorldDevice, string>>;
  /** Directory that becomes the root of a machine with USB ports (machine.ts): empty, not there yet, or an earlier one. */
  tree?: string;
  /** Module family (default `telit`). */
  profile?: SimProfile;
  /** SIM card and network at the start, as far as they are not usual. */
  card?: SimModuleOptions['card'];
  coverage?: SimModuleOptions['coverage'];
  /** Anything else of the module. */
  module?: Partial<SimModuleOptions>;
  /** What a module restart does to the ports of a tree (default `return`); without a tree they stay. */
  portsAfterReset?: PortsAfterReset;
  /** What the receiver is, as far as it is not usual. */
  receiver?: Partial<ReceiverKnobs>;
  /** Recording to play once instead of the generated stream. */
  capture?: string;
  /** How much faster than recorded it plays (default 1). */
  speed?: number;
  /** Every correction byte the receiver got, in order. */
  saveFile?: string;
  /** File for the module's conversation, already scrubbed. */
  transcript?: string;
  /** Whole number; the same one gives the same identities, levels, keys and noise (default 1). */
  seed?: number;
  /** Fixed ports of the clouds (default: any free). */
  ports?: CloudPorts;
  /** What the provisioned account is for (default `mqtt`). */
  plan?: ZtpPlan;
}

/** Clock time a device is away that only changes its numbers. */
const RENUMBER_GAP_MS = 500;

export interface WorldReady {
  /** `kind` says how the port was made: `socat`, `script` or `tcp`. */
  modem: { address: string; kind: string };
  receiver: { address: string; kind: string };
  clouds: CloudsDescription;
  tree?: MachineDescription;
}

export type WorldEvent =
  | { event: 'unplugged' | 'replugged' | 'reset'; device: WorldDevice }
  /** Off the bus and back on it with its power on: a restart, other numbers. */
  | { event: 'left' | 'returned'; device: WorldDevice }
  | { event: 'pdp'; active: boolean };

export interface World extends AsyncDisposable {
  readonly ready: WorldReady;
  readonly module: SimModule;
  readonly receiver: SimReceiver;
  readonly clouds: SimClouds;
  /** Where everything is, when there is a tree. */
  readonly machine: Machine | undefined;
  /** Resolves with what there is to report once the command has taken effect. */
  perform(command: WorldCommand): Promise<Readonly<Record<string, unknown>>>;
}

/** What the network operator knows the gateway's line by. */
function lineOf({ module, card, seed = 1 }: WorldOptions): { imei: string; iccid: string } {
  const moduleSeed = module?.seed ?? seed;
  return {
    imei: module?.identity?.imei ?? factoryImei(moduleSeed),
    iccid: module?.card?.iccid ?? card?.iccid ?? factoryIccid(moduleSeed),
  };
}

/** Gives the cables, and the machine they hang on if there is one. */
async function layCables(options: WorldOptions): Promise<{ cables: Cables; machine: Machine | undefined }> {
  const { clock, log, links, tree, profile = 'telit' } = options;
  if (tree !== undefined) {
    const machine = await createMachine({ root: tree, profile, clock, log });
    return { cables: machine, machine };
  }
  if (!links) throw mistake('a world needs links or a tree');
  return { cables: await createPlainCables({ links, clock, log }), machine: undefined };
}

/** Starts everything. Errors: those of `createPlug`, `createMachine` and `createSimClouds`; what had started is stopped again. */
export async function createWorld(options: WorldOptions, onEvent: (event: WorldEvent) => void): Promise<World> {
  const { clock, log, stateDir, seed = 1, capture, transcript } = options;
  const disposer = createDisposer();
  try {
    const ports: CloudPorts = options.ports ?? (await rememberedPorts(stateDir));
    const clouds = disposer.use(
      await createSimClouds({
        clock,
        log,
        stateDir,
        seed: `waymark-${seed}`,
        // There is no network before the module has brought it up.
        reachable: false,
        ...(capture === undefined ? {} : { capture: { file: capture, speed: options.speed ?? 1 } }),
        ports,
        line: lineOf(options),
        ...(options.plan === undefined ? {} : { plan: options.plan }),
      }),
    );
    rememberPorts(stateDir, clouds.ports);
    const cloudsDesk = createCloudsDesk(clouds);
    const { cables, machine } = await layCables(options);
    disposer.use(cables);
    if (transcript !== undefined) writeFileSync(transcript, '', { mode: 0o600 });
    const module: SimModule = disposer.use(
      createSimModule({
        clock,
        log,
        seed,
        stateFile: join(stateDir, 'sim', 'module.json'),
        ...(options.profile === undefined ? {} : { profile: options.profile }),
        card: { number: clouds.thingspace.description.mdn, ...options.card },
        ...(options.coverage === undefined ? {} : { coverage: options.coverage }),
        ...(transcript === undefined
          ? {}
          : {
              transcript: ({ atMs, direction, text }) =>
                appendFileSync(transcript, `${new Date(atMs).toISOString()} ${direction} ${text}\n`),
            }),
        ...options.module,
        deviceWise: { dial: createModuleDial(() => clouds.description.devicewise.mqtt), ...options.module?.deviceWise },
        port: cables.modem,
        ...(cables.secondary ? { secondary: cables.secondary } : {}),
        ...(cables.nmea ? { nmea: cables.nmea } : {}),
      }),
    );
    const desk = createModuleDesk(module);
    let knobs = (): Readonly<Partial<ReceiverKnobs>> => options.receiver ?? {};
    // Only a receiver that was given a speed of its own minds at which one it is spoken to.
    const speed = watchLineSpeed({
      address: () => cables.where('receiver').address,
      isWanted: () => (knobs().baudRate ?? 0) > 0 && knobs().connector !== 'usb',
    });
    disposer.add(() => speed[Symbol.dispose]());
    await speed.look();
    const receiver = createSimReceiver(
      { port: cables.receiver, clock, log, speedOf: () => speed.baudRate },
      {
        seed: `waymark-${seed}`,
        keyCheck: capture === undefined ? 'tag' : 'any-valid-key',
        ...(options.saveFile === undefined ? {} : { saveFile: options.saveFile }),
        ...(options.receiver === undefined ? {} : { knobs: options.receiver }),
      },
    );
    knobs = () => receiver.knobs;
    disposer.add(() => receiver[Symbol.dispose]());

    const usual = options.portsAfterReset ?? 'return';
    const bus = machine
      ? watchBus({
          ...{ machine, module, clock, usual },
          random: createRandom(seed),
          onError: (error) => log.warn('sim.replug-failed', { error }),
        })
      : undefined;
    const powers: Readonly<Record<WorldDevice, (isOn: boolean) => void>> = {
      modem(isOn) {
        if (isOn) module.replugged();
        else module.unplugged();
        bus?.powered(isOn);
      },
      // What was in its RAM does not survive the cable.
      receiver(isOn) {
        if (isOn) receiver.restart();
      },
    };
    const hasPower: Record<WorldDevice, boolean> = { modem: true, receiver: true };
    const updateRoad = (): void => clouds.setReachable(cables.isPlugged('modem') && module.pdpActive);
    // The wires go first when everything stops: an ending is not an event.
    disposer.add(
      cables.onPlug((device, isPlugged, isPowered) => {
        const hasChanged = isPowered !== hasPower[device];
        hasPower[device] = isPowered;
        if (hasChanged) powers[device](isPowered);
        updateRoad();
        if (hasChanged) onEvent({ event: isPowered ? 'replugged' : 'unplugged', device });
        else onEvent({ event: isPlugged ? 'returned' : 'left', device });
      }),
    );
    disposer.add(() => bus?.stop());
    disposer.add(
      module.onPdp((active) => {
        updateRoad();
        onEvent({ event: 'pdp', active });
      }),
    );
    updateRoad();

    const inTree = (what: string): Machine => {
      if (!machine) throw mistake(`${what} needs a world with a tree`);
      return machine;
    };
    const reset = (device: WorldDevice, renumber: boolean | undefined): void => {
      if (renumber !== undefined) {
        if (device !== 'modem' || !inTree('renumber').isResetWithModule)
          throw mistake('renumber: a restart of this device does not take its ports away');
        bus?.once(renumber ? 'renumber' : 'return');
      }
      if (device === 'modem') module.reset();
      else receiver.restart();
      onEvent({ event: 'reset', device });
    };
    return {
      ready: {
        modem: cables.where('modem'),
        receiver: cables.where('receiver'),
        clouds: clouds.description,
        ...(machine ? { tree: machine.description } : {}),
      },
      module,
      receiver,
      clouds,
      machine,
      async perform(command) {
        if (isCloudsOrder(command)) return cloudsDesk.perform(command);
        switch (command.do) {
          case 'unplug':
            await cables.unplug(command.device);
            return {};
          case 'replug':
            await cables.replug(command.device);
            return {};
          case 'reset':
            reset(command.device, command.renumber);
            return {};
          case 'renumber':
            await inTree('renumber').reenumerate(command.device, { renumber: true, gapMs: RENUMBER_GAP_MS });
            return { tree: machine?.description };
          case 'swap':
            await inTree('swap').swap();
            return { tree: machine?.description };
          case 'receiver':
            receiver.perform(command.command);
            return {};
          case 'state':
            return {
              modem: { isPlugged: cables.isPlugged('modem'), ...desk.state() },
              receiver: {
                isPlugged: cables.isPlugged('receiver'),
                quality: receiver.quality,
                heldKeys: receiver.heldKeys,
                ...receiver.counters,
              },
              clouds: cloudsDesk.state(),
              ...(machine ? { tree: machine.description } : {}),
            };
          default:
            return desk.perform(command);
        }
      },
      [Symbol.asyncDispose]: () => disposer[Symbol.asyncDispose](),
    };
  } catch (error) {
    // The first failure is the one to tell.
    await Promise.allSettled([disposer[Symbol.asyncDispose]()]);
    throw error;
  }
}
