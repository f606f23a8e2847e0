// The simulated module on a line in memory, for a modem to be opened on; each opening is a fresh link.
import { createFakeClock, type FakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import { type Link, type LinkOpener, memoryLinkPair } from '../../src/link/index.js';
import { createSimModule, type SimModule, type SimModuleOptions } from '../../src/sim/module/index.js';

export interface SimBench {
  sim: SimModule;
  clock: FakeClock;
  open: LinkOpener;
  /** Command lines the module has taken that begin with `prefix`. */
  taken(prefix: string): string[];
  /** Power cut and back. */
  powerCycle(): void;
}

export function simBench(options: Partial<SimModuleOptions> = {}): SimBench {
  const clock = createFakeClock(Date.UTC(2026, 5, 15, 11, 0, 0));
  const readers = new Set<(bytes: Uint8Array) => void>();
  let far: Link | undefined;
  const lines: string[] = [];
  const sim = createSimModule({
    port: {
      write: (bytes) => void far?.write(bytes).catch(() => undefined),
      onBytes(cb) {
        readers.add(cb);
        return () => void readers.delete(cb);
      },
    },
    clock,
    log: silentLogger,
    boot: 100,
    latencyScale: 0,
    cardMs: 0,
    searchMs: 0,
    bearerMs: 0,
    transcript: ({ direction, text }) => {
      if (direction === '>') lines.push(text);
    },
    ...options,
  });
  return {
    sim,
    clock,
    open: async () => {
      if (sim.state.power === 'off') throw new WaymarkError('link.absent', 'no power');
      const [near, end] = memoryLinkPair();
      far = end;
      void (async () => {
        for await (const chunk of end.bytes) for (const reader of [...readers]) reader(chunk);
      })();
      return near;
    },
    taken: (prefix) => lines.filter((line) => line.startsWith(prefix)),
    powerCycle: () => sim.reset(),
  };
}
