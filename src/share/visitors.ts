// How many connections one address may have to the shared page: nobody in the local network can keep the others out, or the
// gateway busy with handshakes, by opening ever more of them. Asked before TLS begins.

/** A browser has six. */
const AT_ONCE = 8;
const NEW_A_MINUTE = 100;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 256;

export interface Visitors {
  /** False: it is too much. Whoever is let in has to leave. */
  enter(address: string, nowMs: number): boolean;
  leave(address: string): void;
}

interface Visitor {
  open: number;
  windowMs: number;
  /** In the minute that began at `windowMs`, those that were turned away among them. */
  asked: number;
}

export function createVisitors(): Visitors {
  const byAddress = new Map<string, Visitor>();
  /** Room for one more; whoever is inside is not forgotten. */
  const forgetOldest = (): void => {
    for (const [address, { open }] of byAddress) {
      if (byAddress.size < MAX_ADDRESSES) return;
      if (open === 0) byAddress.delete(address);
    }
  };
  return {
    enter(address, nowMs) {
      let visitor = byAddress.get(address);
      if (!visitor) {
        forgetOldest();
        visitor = { open: 0, windowMs: nowMs, asked: 0 };
        byAddress.set(address, visitor);
      }
      if (nowMs - visitor.windowMs >= WINDOW_MS) Object.assign(visitor, { windowMs: nowMs, asked: 0 });
      visitor.asked += 1;
      if (visitor.open >= AT_ONCE || visitor.asked > NEW_A_MINUTE) return false;
      visitor.open += 1;
      return true;
    },
    leave(address) {
      const visitor = byAddress.get(address);
      if (visitor && visitor.open > 0) visitor.open -= 1;
    },
  };
}
