// The cache of assistance sets: one vault file a kind, read once, written once a download. What lies on disk is the
// newest set of each kind, whatever its age: rules of use are in age.ts.
import type { Logger } from '../../core/index.js';
import type { Slot, Vault } from '../../vault/index.js';
import { CACHE_KINDS, type CacheEntry, type CacheKind, cacheEntryCodec } from './cache-entry.js';

export interface AssistCache {
  /** Reads what is on disk, once. Never rejects. */
  load(): Promise<void>;
  entries(): readonly CacheEntry[];
  get(kind: CacheKind): CacheEntry | undefined;
  /** Counts at once; resolves when it is on disk, or the disk has refused it. `isWritten` false: in RAM only. */
  put(entry: CacheEntry, options?: { isWritten?: boolean }): Promise<void>;
}

export type AssistSlots = Readonly<Record<CacheKind, Pick<Slot<CacheEntry>, 'read' | 'write'>>>;

export function assistSlots(vault: Vault): AssistSlots {
  const slot = (kind: CacheKind): Slot<CacheEntry> => vault.slot(`assist-${kind}`, cacheEntryCodec);
  return {
    live: slot('live'),
    predictive: slot('predictive'),
    mga: slot('mga'),
    'legacy-online': slot('legacy-online'),
    'legacy-offline': slot('legacy-offline'),
  };
}

/** Without slots the cache lasts as long as the process. */
export function createAssistCache(slots: AssistSlots | undefined, log: Logger): AssistCache {
  const entries = new Map<CacheKind, CacheEntry>();
  let loading: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    if (!slots) return;
    for (const kind of CACHE_KINDS) {
      try {
        const stored = (await slots[kind].read())?.value;
        // What came while the disk was read is newer.
        if (stored?.kind === kind && !entries.has(kind)) entries.set(kind, stored);
      } catch (error) {
        log.warn('assist.cache-unreadable', { kind, error }, 'A stored assistance set cannot be read.');
      }
    }
  };

  return {
    load: () => (loading ??= load()),
    entries: () => [...entries.values()],
    get: (kind) => entries.get(kind),
    async put(entry, { isWritten = true } = {}) {
      entries.set(entry.kind, entry);
      if (!isWritten || !slots) return;
      try {
        await slots[entry.kind].write(entry);
      } catch (error) {
        log.warn('assist.cache-not-kept', { kind: entry.kind, error }, 'An assistance set is kept in memory only.');
      }
    },
  };
}
