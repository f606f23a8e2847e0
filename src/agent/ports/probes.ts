// What probing a port has told, remembered per node, so that two searches do not bother a device twice. A device that
// told what it is stays known until it is used or replaced; one that did not is asked again after half a minute.
import type { Clock } from '../../core/index.js';
import type { LinkOpener } from '../../link/index.js';
import { type PortProbe, probePort } from '../../modem/index.js';
import { nodeAt } from './watch.js';

const SILENT_FOR_MS = 30_000;
const KNOWN_FOR_MS = 600_000;
const MAX_ENTRIES = 128;

export interface ProbeQuestion {
  path: string;
  baudRate: number;
  /** 0: not listened before asking. */
  listenMs?: number;
  /** False: nothing is written. */
  ask: boolean;
  signal: AbortSignal | undefined;
}

export interface ProbeMemory {
  probe(question: ProbeQuestion): Promise<PortProbe>;
  /** Its link has ended: what hangs there now is to be found out anew. */
  forget(path: string): void;
}

interface Entry {
  path: string;
  probe: PortProbe;
  wasAsked: boolean;
  endMonoMs: number;
}

export function createProbeMemory(open: LinkOpener, clock: Clock): ProbeMemory {
  const entries = new Map<string, Entry>();

  function remembered(key: string, ask: boolean): PortProbe | undefined {
    const entry = entries.get(key);
    if (!entry) return undefined;
    if (clock.mono() >= entry.endMonoMs) entries.delete(key);
    else if (entry.probe.is !== 'silent' || entry.wasAsked || !ask) return entry.probe;
    return undefined;
  }

  return {
    async probe({ path, baudRate, listenMs, ask, signal }) {
      const key = `${path} ${nodeAt(path) ?? ''} ${baudRate}`;
      const known = remembered(key, ask);
      if (known) return known;
      const probe = await probePort(open, path, {
        clock,
        signal,
        baudRate,
        ask,
        ...(listenMs === undefined ? {} : { listenMs }),
      });
      // A port that cannot be opened costs nothing to try again, and may be free in a moment.
      const isTold = probe.is === 'modem' || probe.is === 'receiver';
      if (!isTold && probe.is !== 'silent') return probe;
      const oldest = entries.keys().next();
      if (entries.size >= MAX_ENTRIES && oldest.done !== true) entries.delete(oldest.value);
      const forMs = isTold ? KNOWN_FOR_MS : SILENT_FOR_MS;
      entries.set(key, { path, probe, wasAsked: ask, endMonoMs: clock.mono() + forMs });
      return probe;
    },
    forget(path) {
      for (const [key, entry] of entries) if (entry.path === path) entries.delete(key);
    },
  };
}
