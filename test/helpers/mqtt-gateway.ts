// A gateway without a module that gets its corrections over MQTT from the simulated broker, provisioned.
import { anchorNow, createClock } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import { type Scenario, type ScenarioOptions, startScenario } from './scenario.js';

export interface MqttGatewayOptions {
  /** Over the usual `corrections`. */
  corrections?: Record<string, unknown>;
  world?: ScenarioOptions['world'];
  prepare?: (world: World) => unknown;
  /** How much faster than real time it all runs (default 10). */
  scale?: number;
}

export function startOverMqtt(options: MqttGatewayOptions = {}): Promise<Scenario> {
  const { corrections, world, prepare, scale = 10 } = options;
  return startScenario({
    world: { clock: createClock(anchorNow(scale)), ...world },
    prepare: (made) => {
      // Without a module in front of it the network is simply there.
      made.clouds.setReachable(true);
      return prepare?.(made);
    },
    config: {
      modem: null,
      ztp: { hardwareId: 'gw-mqtt' },
      corrections: { source: 'mqtt', ...corrections },
    },
  });
}

/** What the only session is subscribed to. */
export function topicsOf({ world }: Scenario): readonly string[] {
  return [...world.clouds.broker.stats.subscriptions.values()][0] ?? [];
}
