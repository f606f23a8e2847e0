// One rotation at work: looks at the files, has the candidate tried, and puts it in force. The rules are in
// rotation-machine.ts, the files in rotation-files.ts.
import { basename } from 'node:path';
import {
  type Clock,
  createRunner,
  type Logger,
  type Secret,
  type Timer,
  toWaymarkError,
  type WaymarkError,
  withDeadline,
} from '../core/index.js';
import type { RotationStatus } from './credential-source.js';
import { type Disk, realDisk, systemCode } from './disk.js';
import type { Codec } from './record.js';
import { factsOf, finishPlacing, isReadOnlyFailure, nextOf, placeNext, removePrevious } from './rotation-files.js';
import {
  initialRotation,
  nextRotation,
  type RotationEffect,
  type RotationEvent,
  type RotationModel,
  type WaitReason,
} from './rotation-machine.js';
import { rotationSentence } from './rotation-words.js';
import type { Slot } from './slot.js';

/** Tries the candidates by id, all of which come into force together. Rejects with what the far side said. */
export type Prove = (candidates: Readonly<Record<string, Secret>>, signal: AbortSignal) => Promise<void>;

export interface RotationMember {
  id: string;
  /** Where the value in force stands. */
  path: string;
  /** Reads a candidate under the same rules as the value itself. Errors: `secret.*`. */
  load(path: string): Promise<Secret>;
  /** The value in force was replaced and has been proved. */
  replaced(): Promise<void>;
  /** The value in force works. */
  isGood(): boolean;
}

export interface RotationOptions {
  /** One, or the halves of a pair. */
  members: readonly RotationMember[];
  /** Neither half means anything without the other. */
  needsAll?: boolean;
  /** Undefined while nobody can try them. */
  prover: () => Prove | undefined;
}

/** What outlives a restart: fingerprints, a time, and whether the old value beside it is our doing. */
export type RotationMemory = Readonly<Pick<RotationModel, 'refusedKey' | 'goodSinceUtcMs' | 'keepsPrevious'>>;

export interface RotationDeps {
  clock: Clock;
  log: Logger;
  disk?: Disk | undefined;
  slot?: Slot<RotationMemory> | undefined;
  isNetworkUp?: (() => boolean) | undefined;
  isWallTrusted?: (() => boolean) | undefined;
  onChange?: (() => void) | undefined;
}

export interface Rotation extends Disposable {
  /** Ends what was cut short, then looks for candidates. Never rejects. */
  start(): Promise<void>;
  /** Looks at the files and does what there is to do; resolves when that has come to rest. Never rejects. */
  look(): Promise<void>;
  /** Like `look`, for a person: what was refused or postponed is tried now. */
  tryNow(): Promise<void>;
  /** Undefined while there is nothing to tell of this member. */
  status(id: string): RotationStatus | undefined;
}

const PROVE_MS = 120_000;
const RETRY_MS = 5 * 60_000;
const WAITING_LOOK_MS = 60_000;
const PROBATION_LOOK_MS = 3_600_000;
/** These say something of the road or the clock, whatever their cure. */
const ROAD = /^(?:net|tls|clock|http|core|link|modem|status)\./;

export const rotationMemoryCodec: Codec<RotationMemory> = {
  encode: (memory) => memory,
  decode(data) {
    const { refusedKey, goodSinceUtcMs, keepsPrevious } = (data ?? {}) as Record<string, unknown>;
    return {
      ...(typeof refusedKey === 'string' ? { refusedKey } : {}),
      ...(typeof goodSinceUtcMs === 'number' && Number.isFinite(goodSinceUtcMs) ? { goodSinceUtcMs } : {}),
      ...(keepsPrevious === true ? { keepsPrevious } : {}),
    };
  },
};

export function createRotation(deps: RotationDeps, options: RotationOptions): Rotation {
  const { clock, disk = realDisk, isNetworkUp = () => true, isWallTrusted = () => true } = deps;
  const { members } = options;
  const paths = members.map(({ path }) => path);
  const ids = members.map(({ id }) => id).join(', ');
  const log = deps.log.child('rotation');
  const life = new AbortController();
  let candidates: Readonly<Record<string, Secret>> = {};
  let work: Promise<void> = Promise.resolve();
  let timer: Timer | undefined;
  let runner = makeRunner(initialRotation);

  /** Effects take their turn after one another; what waits for rest waits for the last. */
  let effects: Promise<void> = Promise.resolve();
  const perform = (effect: RotationEffect): void => {
    effects = effects.then(() => act(effect));
  };

  function makeRunner(initial: RotationModel) {
    return createRunner<RotationModel, RotationEvent, RotationEffect>({
      initial,
      next: nextRotation,
      perform: (effect) => perform(effect),
      onTransition: (from, to) => {
        if (from.phase === to.phase && from.why === to.why) return;
        log.info('credential.rotation', { ids, phase: to.phase, ...(to.why === undefined ? {} : { why: to.why }) });
        deps.onChange?.();
      },
    });
  }

  const act = async (effect: RotationEffect): Promise<void> => {
    switch (effect.do) {
      case 'prove':
        return prove();
      case 'place':
        return place();
      case 'remember': {
        const { refusedKey, goodSinceUtcMs, keepsPrevious } = runner.state;
        await deps.slot
          ?.write({
            ...(refusedKey === undefined ? {} : { refusedKey }),
            ...(goodSinceUtcMs === undefined ? {} : { goodSinceUtcMs }),
            ...(keepsPrevious === undefined ? {} : { keepsPrevious }),
          })
          .catch((error: unknown) => log.warn('credential.memory-not-kept', { ids, error }));
        return;
      }
      case 'remove-previous':
        await removePrevious(disk, paths).catch((error: unknown) =>
          log.warn('credential.previous-kept', { ids, error }),
        );
        return;
    }
  };

  const prove = async (): Promise<void> => {
    const prover = options.prover();
    try {
      if (!prover) throw new Error('no prover');
      await withDeadline({ clock, ms: PROVE_MS, signal: life.signal, what: `the trial of ${ids}` }, (signal) =>
        prover(candidates, signal),
      );
      runner.send({ is: 'proved' });
    } catch (thrown) {
      const error = toWaymarkError(thrown);
      if (isRefusal(error)) {
        log.warn(
          'credential.candidate-refused',
          { ids, error },
          `The new value of ${ids} was refused; the old one stays.`,
        );
        runner.send({ is: 'refused', said: error.code });
      } else
        runner.send({
          is: 'weather',
          said: error.code,
          retryAtMonoMs: clock.mono() + Math.max(RETRY_MS, error.retryAfterMs ?? 0),
        });
    }
  };

  const place = async (): Promise<void> => {
    try {
      await placeNext(disk, paths);
    } catch (error) {
      log.warn('credential.not-placed', { ids, error });
      const isReadOnly = isReadOnlyFailure(error);
      const said = systemCode(error) || 'unknown error';
      runner.send({ is: 'not-placed', isReadOnly, said, retryAtMonoMs: clock.mono() + RETRY_MS });
      return;
    }
    runner.send({ is: 'placed' });
    for (const member of members) if (candidates[member.id]) await member.replaced();
    candidates = {};
  };

  /** The candidates that are there, and what stands in the way of trying them. */
  const survey = async (): Promise<Extract<RotationEvent, { is: 'looked' }>> => {
    const found: Record<string, Secret> = {};
    const keys: string[] = [];
    let hasPrevious = false;
    let blocked: WaitReason | undefined;
    let said: string | undefined;
    for (const { id, path, load } of members) {
      const facts = await factsOf(disk, path);
      hasPrevious ||= facts.hasPrevious;
      if (!facts.hasNext) continue;
      try {
        const candidate = await load(nextOf(path));
        found[id] = candidate;
        keys.push(`${id}:${candidate.fingerprint}`);
      } catch (error) {
        blocked = 'unreadable';
        said = toWaymarkError(error).hint;
        keys.push(`${id}:?`);
      }
    }
    candidates = found;
    if (keys.length === 0) return { is: 'looked', hasPrevious, monoMs: clock.mono() };
    if (options.needsAll === true && keys.length < members.length) blocked ??= 'partner';
    if (!options.prover()) blocked ??= 'prover';
    if (!isNetworkUp()) blocked ??= 'network';
    return { is: 'looked', key: keys.join(' '), blocked, said, hasPrevious, monoMs: clock.mono() };
  };

  const arm = (): void => {
    timer?.cancel();
    timer = undefined;
    if (life.signal.aborted) return;
    const { phase } = runner.state;
    if (phase !== 'waiting' && phase !== 'probation') return;
    timer = clock.after(phase === 'waiting' ? WAITING_LOOK_MS : PROBATION_LOOK_MS, () => void look());
  };

  const rest = async (): Promise<void> => {
    for (let seen: Promise<void> | undefined; seen !== effects; ) {
      seen = effects;
      await seen;
    }
  };

  const lookOnce = async (): Promise<void> => {
    if (life.signal.aborted) return;
    try {
      runner.send(await survey());
      await rest();
      // Something may have come while the last one was tried.
      if (isWallTrusted())
        runner.send({ is: 'clock', utcMs: clock.wall(), isGood: members.every((member) => member.isGood()) });
      await rest();
    } catch (error) {
      log.warn('credential.rotation-blind', { ids, error });
    }
    arm();
  };

  const look = (): Promise<void> => (work = work.then(lookOnce));

  return {
    start() {
      work = work.then(async () => {
        const stored = await deps.slot?.read().catch(() => undefined);
        if (stored) runner = makeRunner({ ...initialRotation, ...stored.value });
        try {
          if (await finishPlacing(disk, paths)) {
            log.info('credential.rotation-finished', { ids });
            runner.send({ is: 'placed' });
            for (const member of members) await member.replaced();
          }
        } catch (error) {
          log.warn('credential.not-placed', { ids, error });
        }
        await rest();
      });
      return look();
    },
    look,
    tryNow() {
      work = work.then(() => runner.send({ is: 'asked' }));
      return look();
    },
    status(id) {
      const member = members.find((one) => one.id === id);
      const { phase } = runner.state;
      if (!member || phase === 'idle') return undefined;
      const candidate = candidates[id];
      // Of a pair of which one half changes, the other has nothing to tell.
      if (phase !== 'probation' && !(runner.state.key ?? '').split(' ').some((key) => key.startsWith(`${id}:`)))
        return undefined;
      return {
        state: phase === 'placing' ? 'proving' : phase,
        ...(candidate ? { fingerprint: candidate.fingerprint } : {}),
        sentence: rotationSentence(runner.state, basename(member.path)),
      };
    },
    [Symbol.dispose]() {
      life.abort();
      timer?.cancel();
    },
  };
}

/** A person has to act, and it is about the value: roads and clocks are weather. */
const isRefusal = (error: WaymarkError): boolean =>
  (error.retry === 'operator' || error.retry === 'never') && !ROAD.test(error.code);
