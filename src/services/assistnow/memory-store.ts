// The memory of asking, on disk: read once, then kept in RAM and written through. A disk that fails costs only what a
// restart would forget.
import { ERRORS, type ErrorCode, type Logger } from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';
import { type AssistMemory, type Dropped, EMPTY_MEMORY, type Hold, type Probe } from './memory.js';
import { type AssistPart, COMPONENTS } from './request.js';

export interface AssistMemoryStore {
  load(): Promise<AssistMemory>;
  /** What is known so far; empty before the first `load`. */
  readonly now: AssistMemory;
  /** Resolves when the change is on disk, or the disk has refused it. */
  change(edit: (memory: AssistMemory) => AssistMemory): Promise<void>;
}

export function createAssistMemory(
  slot: Pick<Slot<AssistMemory>, 'read' | 'write'> | undefined,
  log: Logger,
): AssistMemoryStore {
  let memory = EMPTY_MEMORY;
  let loading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    try {
      memory = (await slot?.read())?.value ?? memory;
    } catch (error) {
      log.warn('assist.memory', { error }, 'What was asked before is not known: the budgets start anew.');
    }
  };
  return {
    async load() {
      await (loading ??= read());
      return memory;
    },
    get now() {
      return memory;
    },
    async change(edit) {
      await (loading ??= read());
      const changed = edit(memory);
      if (changed === memory) return;
      memory = changed;
      try {
        await slot?.write(changed);
      } catch (error) {
        log.warn('assist.memory', { error }, 'What was asked could not be written down.');
      }
    },
  };
}

type Json = Readonly<Record<string, unknown>>;
const PARTS: readonly AssistPart[] = ['live', 'predictive'];
const MAX_ENTRIES = 64;

const asRecord = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= 64;

function timesFrom(value: unknown): number[] {
  if (!Array.isArray(value)) throw new Error('a ledger is no list');
  return value.filter(isTime).slice(-MAX_ENTRIES);
}

function holdFrom(value: unknown): Hold | undefined {
  const { untilUtcMs, code, of } = asRecord(value);
  if (!isTime(untilUtcMs) || !isName(of) || typeof code !== 'string' || !Object.hasOwn(ERRORS, code)) return undefined;
  return { untilUtcMs, code: code as ErrorCode, of };
}

function droppedFrom(value: unknown): Dropped | undefined {
  const { names, atUtcMs, of } = asRecord(value);
  if (!Array.isArray(names) || !isTime(atUtcMs) || !isName(of)) return undefined;
  return { names: COMPONENTS.filter((name) => (names as unknown[]).includes(name)), atUtcMs, of };
}

function probeFrom(value: unknown): Probe | undefined {
  const { atUtcMs, is, of } = asRecord(value);
  return isTime(atUtcMs) && isName(of) && (is === 'ok' || is === 'refused') ? { atUtcMs, is, of } : undefined;
}

function each<T>(from: unknown, read: (value: unknown) => T | undefined): Partial<Record<AssistPart, T>> {
  const found: Partial<Record<AssistPart, T>> = {};
  for (const part of PARTS) {
    const value = read(asRecord(from)[part]);
    if (value !== undefined) found[part] = value;
  }
  return found;
}

export const assistMemoryCodec: Codec<AssistMemory> = {
  encode: (memory) => memory,
  decode(data) {
    const { asked, served, holds, dropped, probe } = asRecord(data);
    const known = probeFrom(probe);
    return {
      asked: timesFrom(asked),
      served: {
        live: timesFrom(asRecord(served)['live']),
        predictive: timesFrom(asRecord(served)['predictive']),
      },
      holds: each(holds, holdFrom),
      dropped: each(dropped, droppedFrom),
      ...(known ? { probe: known } : {}),
    };
  },
};
