// One named value in two generations, plus a staged third that is proved on a real connection before it counts.
//
//   name        the current generation
//   name.prev   the one before; taken when the current one is damaged or absent
//   name.next   staged, not yet proved
//
// Why no kill -9 and no power cut between any two system calls leaves a half value. A new generation is always a
// complete, synced file of its own before any name moves, so every name holds a complete old or a complete new value.
// The swap is two renames in this order:
//
//     1. name -> name.prev          2. (temporary or name.next) -> name          3. fsync(directory)
//
//   before 1:        name = old                                  reads old
//   between 1 and 2: name absent, name.prev = old                reads old (and name.next = new is still staged)
//   after 2:         name = new, name.prev = old                 reads new
//
// The other order would need a moment in which the old value has no name at all. If a power cut loses one rename and
// keeps the other, 1 alone reads old and 2 alone reads new (the older .prev stays): both whole. A damaged `name` is
// never moved onto .prev, for then the only good generation would be overwritten: it goes to corrupt/ instead. An absent
// `name` leaves .prev alone, so repeating an interrupted swap does no harm.
import { WaymarkError } from '../core/index.js';
import { syncDirectory, writeFailure, writeTemporary } from './atomic.js';
import { type Disk, systemCode } from './disk.js';
import { type Codec, encodeRecord, type Reading, readRecord } from './record.js';

export interface Slot<T> {
  /**
   * The newest generation that is whole; undefined when there is none. Errors: `vault.unreadable` when all there is was
   * written by a newer version of this program, `vault.permission`.
   */
  read(): Promise<{ value: T; generation: 'current' | 'previous' } | undefined>;
  /** Replaces the current generation; it becomes the previous one. Errors: `vault.write`. */
  write(value: T): Promise<void>;
  /**
   * Replaces the newest whole generation by what `edit` makes of it, with no other operation in between; `undefined`
   * leaves it as it is. Nothing is done where nothing is kept. Errors: `vault.write`.
   */
  change(edit: (value: T) => T | undefined): Promise<void>;
  /** Keeps a value aside as `name.next`. Errors: `vault.write`. */
  stage(value: T): Promise<void>;
  /** The staged value, if there is one and it is whole. */
  staged(): Promise<T | undefined>;
  /** Makes the staged value the current one. Errors: `vault.write` (also when nothing whole is staged). */
  promote(): Promise<void>;
  /** Forgets the staged value. */
  discard(): Promise<void>;
  /** Forgets every generation. */
  clear(): Promise<void>;
}

export interface SlotDeps {
  disk: Disk;
  directory: string;
  name: string;
  /** Runs one operation on this name at a time. */
  alone: <R>(work: () => Promise<R>) => Promise<R>;
  /** Moves a damaged file to corrupt/ and raises an alarm; never throws. */
  quarantine: (file: string, why: string) => Promise<void>;
  /** Raises an alarm without moving anything. */
  alarm: (file: string, what: string) => void;
}

export function createSlot<T>(deps: SlotDeps, codec: Codec<T>): Slot<T> {
  const { disk, alone } = deps;
  const path = `${deps.directory}/${deps.name}`;
  const previous = `${path}.prev`;
  const next = `${path}.next`;

  /** Reads one file; a damaged one is put away, so that it reads as absent from now on. */
  const load = async (file: string): Promise<Reading<T>> => {
    let reading: Reading<T>;
    try {
      reading = await readRecord(disk, file, codec);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EACCES' || code === 'EPERM')
        throw new WaymarkError('vault.permission', `${file}: not readable by this user`, {
          cause: error,
          hint: `Give the file back to the service user: chown "$(id -un)" '${file}' && chmod 600 '${file}'`,
        });
      deps.alarm(file, `cannot be read: ${code}`);
      return { is: 'absent' };
    }
    if (reading.is === 'bad') await deps.quarantine(file, reading.why);
    if (reading.is === 'newer')
      deps.alarm(file, `written by a newer version (schema ${reading.version}); it is kept as it is and not written`);
    return reading;
  };

  /** Refuses to write over anything a newer version left; puts away a damaged current file. */
  const prepare = async (): Promise<boolean> => {
    const current = await load(path);
    const kept = current.is === 'newer' ? current : await load(previous);
    if (kept.is === 'newer')
      throw new WaymarkError(
        'vault.write',
        `${path}: holds data of a newer version (schema ${kept.version}); nothing is written over it`,
        { hint: 'Install the newer version again, or move the file away to start afresh.' },
      );
    return current.is === 'good';
  };

  const guarded = (work: () => Promise<void>): Promise<void> =>
    alone(async () => {
      try {
        await work();
      } catch (error) {
        throw writeFailure(path, error);
      }
    });

  /** The swap described above. */
  const swap = async (from: string, hasCurrent: boolean): Promise<void> => {
    if (hasCurrent) await disk.rename(path, previous);
    await disk.rename(from, path);
    await syncDirectory(disk, deps.directory);
  };

  const replace = async (value: T): Promise<void> => {
    const hasCurrent = await prepare();
    await writeTemporary(disk, path, encodeRecord(codec, value), (temporary) => swap(temporary, hasCurrent));
  };

  const remove = async (file: string): Promise<void> => {
    try {
      await disk.unlink(file);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  };

  return {
    read: () =>
      alone(async () => {
        const current = await load(path);
        if (current.is === 'good') return { value: current.value, generation: 'current' };
        const before = await load(previous);
        if (before.is === 'good') return { value: before.value, generation: 'previous' };
        if (current.is === 'newer' || before.is === 'newer')
          throw new WaymarkError('vault.unreadable', `${path}: written by a newer version of this program`, {
            hint: 'Install the newer version again, or move the file away to start afresh.',
          });
        return undefined;
      }),

    write: (value) => guarded(() => replace(value)),

    change: (edit) =>
      guarded(async () => {
        const current = await load(path);
        const kept = current.is === 'absent' || current.is === 'bad' ? await load(previous) : current;
        const value = kept.is === 'good' ? edit(kept.value) : undefined;
        if (value !== undefined) await replace(value);
      }),

    stage: (value) =>
      guarded(async () => {
        await prepare();
        await writeTemporary(disk, next, encodeRecord(codec, value), async (temporary) => {
          await disk.rename(temporary, next);
          await syncDirectory(disk, deps.directory);
        });
      }),

    staged: () =>
      alone(async () => {
        const reading = await load(next);
        return reading.is === 'good' ? reading.value : undefined;
      }),

    promote: () =>
      guarded(async () => {
        const hasCurrent = await prepare();
        if ((await load(next)).is !== 'good') throw new WaymarkError('vault.write', `${path}: nothing whole is staged`);
        await swap(next, hasCurrent);
      }),

    discard: () =>
      guarded(async () => {
        await remove(next);
        await syncDirectory(disk, deps.directory);
      }),

    // The current generation goes last: an interrupted wipe leaves it readable instead of raising an older one.
    clear: () =>
      guarded(async () => {
        await remove(next);
        await remove(previous);
        await remove(path);
        await syncDirectory(disk, deps.directory);
      }),
  };
}
