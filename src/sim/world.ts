// Everything outside the gateway in one process: module, receiver and clouds, wired as the real things are. The module's
// data connection decides whether the clouds can be reached; cables can be pulled.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, createDisposer, type Logger } from '../core/index.js';
import { type CloudsDescription, createSimClouds, type SimClouds } from './clouds/index.js';
import { createSimModule, powerFromPlug, type SimModule } from './module/index.js';
import { createPlug } from './plug.js';
import { type CloudPorts, rememberedPorts, rememberPorts } from './ports-file.js';
import { createSimReceiver, powerReceiverFromPlug, type SimReceiver } from './receiver/index.js';

export const WORLD_DEVICES = ['modem', 'receiver'] as const;
export type WorldDevice = (typeof WORLD_DEVICES)[number];

export interface WorldOptions {
  clock: Clock;
  log: Logger;
  /** Authority, account, module memory and control socket live in its folder `sim`. */
  stateDir: string;
  /** Paths the two serial ports appear at. */
  links: Readonly<Record<WorldDevice, string>>;
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
  ports?: { ztp?: number; broker?: number };
}

export interface WorldReady {
  /** `kind` says how the port was made: `socat`, `script` or `tcp`. */
  modem: { address: string; kind: string };
  receiver: { address: string; kind: string };
  clouds: CloudsDescription;
}

export type WorldEvent =
  | { event: 'unplugged' | 'replugged' | 'reset'; device: WorldDevice }
  | { event: 'pdp'; active: boolean };

export type WorldCommand =
  | { do: 'unplug' | 'replug' | 'reset'; device: WorldDevice }
  | { do: 'pdp'; active: boolean }
  | { do: 'state' };

export interface World extends AsyncDisposable {
  readonly ready: WorldReady;
  readonly module: SimModule;
  readonly receiver: SimReceiver;
  readonly clouds: SimClouds;
  /** Resolves with what there is to report once the command has taken effect. */
  perform(command: WorldCommand): Promise<Readonly<Record<string, unknown>>>;
}

/** Starts everything. Errors: those of `createPlug` and `createSimClouds`; what had started is stopped again. */
export async function createWorld(options: WorldOptions, onEvent: (event: WorldEvent) => void): Promise<World> {
  const { clock, log, links, stateDir, seed = 1, capture, transcript } = options;
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
      }),
    );
    rememberPorts(stateDir, {
      ztp: Number(new URL(clouds.description.ztp.url).port),
      broker: clouds.description.pointperfect.mqtt.port,
    });
    const modemPlug = disposer.use(await createPlug({ link: links.modem, clock, log }));
    const receiverPlug = disposer.use(await createPlug({ link: links.receiver, clock, log }));
    if (transcript !== undefined) writeFileSync(transcript, '', { mode: 0o600 });
    const module = disposer.use(
      createSimModule({
        port: modemPlug,
        clock,
        log,
        seed,
        stateFile: join(stateDir, 'sim', 'module.json'),
        ...(transcript === undefined
          ? {}
          : {
              transcript: ({ atMs, direction, text }) =>
                appendFileSync(transcript, `${new Date(atMs).toISOString()} ${direction} ${text}\n`),
            }),
      }),
    );
    const receiver = createSimReceiver(
      { port: receiverPlug, clock, log },
      {
        seed: `waymark-${seed}`,
        keyCheck: capture === undefined ? 'tag' : 'any-valid-key',
        ...(options.saveFile === undefined ? {} : { saveFile: options.saveFile }),
      },
    );
    disposer.add(() => receiver[Symbol.dispose]());

    const plugs = { modem: modemPlug, receiver: receiverPlug };
    const updateRoad = (): void => clouds.setReachable(modemPlug.isPlugged && module.pdpActive);
    // The wires go first when everything stops: an ending is not an event.
    disposer.add(powerFromPlug(module, modemPlug));
    disposer.add(powerReceiverFromPlug(receiver, receiverPlug));
    for (const device of WORLD_DEVICES)
      disposer.add(
        plugs[device].onPlug((isPlugged) => {
          updateRoad();
          onEvent({ event: isPlugged ? 'replugged' : 'unplugged', device });
        }),
      );
    disposer.add(
      module.onPdp((active) => {
        updateRoad();
        onEvent({ event: 'pdp', active });
      }),
    );
    updateRoad();

    return {
      ready: {
        modem: { address: modemPlug.address, kind: modemPlug.kind },
        receiver: { address: receiverPlug.address, kind: receiverPlug.kind },
        clouds: clouds.description,
      },
      module,
      receiver,
      clouds,
      async perform(command) {
        switch (command.do) {
          case 'unplug':
            await plugs[command.device].unplug();
            return {};
          case 'replug':
            await plugs[command.device].replug();
            return {};
          case 'reset':
            if (command.device === 'modem') module.reset();
            else receiver.restart();
            onEvent({ event: 'reset', device: command.device });
            return {};
          case 'pdp':
            module.setPdpActive(command.active);
            return {};
          case 'state':
            return {
              modem: { isPlugged: modemPlug.isPlugged, pdpActive: module.pdpActive },
              receiver: {
                isPlugged: receiverPlug.isPlugged,
                quality: receiver.quality,
                heldKeys: receiver.heldKeys,
                ...receiver.counters,
              },
              clouds: { isReachable: clouds.isReachable, sessions: clouds.broker.stats.sessions.length },
            };
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
