// Whoever waits for its next try only because the network was away has nothing to wait for once it is back.
import type { LampBoard } from './lamp-board.js';
import type { Supervisor } from './supervisor.js';
import { wakeOnRise } from './ticks.js';

const FOR_NET = /^(?:net\.|core\.timeout|tls\.failed)/;
/** The lanes of what is reached over the network; a refusal keeps its own pace. */
const LANES = ['losant', 'devicewise', 'fleet', 'identity'];

/** Wakes them when the network lamp turns lit, the correction session in any case. */
export function wakeWithTheNetwork(lamps: LampBoard, supervisor: Pick<Supervisor, 'part' | 'wake'>): void {
  lamps.onChange(
    wakeOnRise(lamps, 'network', () => {
      supervisor.wake('session');
      for (const lane of LANES) if (FOR_NET.test(supervisor.part(lane)?.reason ?? '')) supervisor.wake(lane);
    }),
  );
}
