// Has the receiver started anew behind its open port? It has then forgotten configuration, keys and assistance. Told from
// two reports in a row: no receiver loses time and fix in one second while it runs, and no uptime grows smaller.

export interface ReceiverLife {
  /** From its last NAV-PVT. */
  hasTime: boolean;
  hasFix: boolean;
  /** From its last NAV-STATUS. */
  uptimeMs?: number;
}

/** The uptime is a counter of 32 bits: 49 days. */
const UPTIME_WRAP_MS = 2 ** 32 - 600_000;

/** In words what shows that the receiver has restarted between the two reports; undefined when nothing does. */
export function signOfRestart(before: ReceiverLife, after: ReceiverLife): string | undefined {
  if (
    before.uptimeMs !== undefined &&
    after.uptimeMs !== undefined &&
    after.uptimeMs < before.uptimeMs &&
    before.uptimeMs < UPTIME_WRAP_MS
  )
    return 'its uptime began anew';
  if (before.hasTime && before.hasFix && !after.hasTime && !after.hasFix) return 'it lost time and fix at once';
  return undefined;
}
