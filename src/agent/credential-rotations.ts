// Which credentials rotate by files, alone or in pairs, and a person's wish to have it done now. How it is done:
// vault/rotation.ts.
import { basename } from 'node:path';
import { resolveSecret } from '../config/index.js';
import { type Clock, type Logger, WaymarkError } from '../core/index.js';
import {
  type CredentialState,
  createRotation,
  nextOf,
  type Prove,
  type Rotation,
  type RotationStatus,
  rotationMemoryCodec,
  type Vault,
  watchFile,
} from '../vault/index.js';
import { type CredentialPlace, fileOf, type RefCredential } from './credential-maker.js';

export interface RotationsDeps {
  refs: readonly RefCredential[];
  place: CredentialPlace;
  clock: Clock;
  log: Logger;
  vault: Vault | undefined;
  isWallTrusted: () => boolean;
  isNetworkUp?: () => boolean;
  prover: (ids: readonly string[]) => Prove | undefined;
}

export interface Rotations extends Disposable {
  watch(): void;
  status(id: string): RotationStatus | undefined;
  /** Candidates for it can, or can no longer, be tried. */
  proverChanged(id: string): void;
  rotate(id: string): Promise<void>;
}

/** What changes together. `needsAll`: one half alone is never right. */
const PAIRS: readonly { ids: readonly string[]; needsAll: boolean }[] = [
  { ids: ['thingspace-user', 'thingspace-password'], needsAll: false },
  { ids: ['thingspace-key', 'thingspace-secret'], needsAll: false },
  { ids: ['losant-access-key', 'losant-access-secret'], needsAll: true },
];

const WORKS: readonly CredentialState[] = ['valid', 'expiring'];

interface Group {
  ids: readonly string[];
  paths: readonly string[];
  rotation: Rotation;
}

export function createRotations(deps: RotationsDeps): Rotations {
  const { refs, place, clock, log, vault } = deps;
  const watched: Disposable[] = [];
  let isWatching = false;

  const makeGroup = (members: readonly { path: string; of: RefCredential }[], needsAll: boolean): Group => {
    const ids = members.map(({ of }) => of.id);
    const rotation = createRotation(
      {
        ...{ clock, log, isWallTrusted: deps.isWallTrusted, isNetworkUp: deps.isNetworkUp },
        ...(vault ? { slot: vault.slot(`rotation-${ids[0] ?? ''}`, rotationMemoryCodec) } : {}),
      },
      {
        needsAll,
        prover: () => deps.prover(ids),
        members: members.map(({ path, of: { id, kind, credential } }) => ({
          id,
          path,
          load: (name) => resolveSecret(`file:${name}`, kind, place),
          async replaced() {
            await credential.reload();
            // It has just been proved.
            credential.report(credential.status(), { is: 'ok' });
          },
          isGood: () => {
            const { state, tested } = credential.status();
            return tested && WORKS.includes(state);
          },
        })),
      },
    );
    return { ids, paths: members.map(({ path }) => path), rotation };
  };

  const inFiles = refs.flatMap((of) => {
    const path = fileOf(of.ref, place.configDir);
    return path === undefined ? [] : [{ path, of }];
  });
  const groups: Group[] = [];
  for (const member of inFiles) {
    if (groups.some(({ ids }) => ids.includes(member.of.id))) continue;
    const pair = PAIRS.find(({ ids }) => ids.includes(member.of.id));
    const members = pair ? inFiles.filter(({ of }) => pair.ids.includes(of.id)) : [member];
    // A half that comes from elsewhere cannot be waited for.
    groups.push(makeGroup(members, pair?.needsAll === true && members.length === pair.ids.length));
  }
  const groupOf = (id: string): Group | undefined => groups.find(({ ids }) => ids.includes(id));

  return {
    watch() {
      isWatching = true;
      for (const { paths, rotation } of groups) {
        void rotation.start();
        for (const path of paths) watched.push(watchFile({ clock }, nextOf(path), () => void rotation.look()));
      }
    },
    status: (id) => groupOf(id)?.rotation.status(id),
    proverChanged(id) {
      if (isWatching) void groupOf(id)?.rotation.look();
    },
    async rotate(id) {
      const group = groupOf(id);
      const known = refs.find((ref) => ref.id === id);
      if (!group || !known)
        throw new WaymarkError(
          'cli.usage',
          known ? `${id} does not come from a file of ours` : `${id} has no file in the configuration`,
          {
            hint: known
              ? `It is ${known.ref.replace(/:.*/s, '')} in the configuration: replace it there and restart the service.`
              : '`waymark token list` shows the credentials.',
          },
        );
      const { generation } = known.credential.status();
      await group.rotation.tryNow();
      const status = group.rotation.status(id);
      const name = basename(fileOf(known.ref, place.configDir) ?? '');
      if (
        status === undefined ||
        (status.state === 'probation' && known.credential.status().generation === generation)
      ) {
        throw new WaymarkError('cli.usage', `there is no new value for ${id}`, {
          hint: `Put it into ${name}.next beside the old one, mode 0600, or use --from FILE.`,
        });
      }
      if (status.state === 'refused' || status.state === 'read-only')
        throw new WaymarkError('token.not-rotated', `${id} stays as it is`, { hint: status.sentence });
      if (status.state !== 'probation')
        throw new WaymarkError('token.waits', `${id} stays as it is for now`, { hint: status.sentence });
    },
    [Symbol.dispose]() {
      for (const watch of watched) watch[Symbol.dispose]();
      for (const { rotation } of groups) rotation[Symbol.dispose]();
    },
  };
}
