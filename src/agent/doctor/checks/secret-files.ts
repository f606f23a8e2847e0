// Every file that holds a secret: may somebody else read it, may we? Whether it is there at all and what it holds is
// for the check of the tokens.
import { readPrivateFile } from '../../../config/index.js';
import { isWaymarkError, type WaymarkError } from '../../../core/index.js';
import type { Desk } from '../desk.js';
import { commandIn, secretPlaces } from '../secret-places.js';
import { onlyFor } from '../stranger.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';

interface Facts {
  count: number;
  refused: readonly { key: string; error: WaymarkError }[];
  isStranger: boolean;
  owner: string;
}

export const secretFilesCheck = defineCheck<Desk, Facts>({
  id: 'secret-files',
  title: 'Secret files',
  needs: ['configuration'],
  deadlineMs: 10_000,
  looksAt: 'mode (0600 or 0400), owner and links of every file the configuration names for a secret',
  cures: [
    ['others may read it', '`chmod 600 FILE`'],
    ['it belongs to somebody else', '`chown USER FILE && chmod 600 FILE`'],
    ['it is a link that leads out of the folder', 'name the file itself in the configuration'],
  ],
  async gather({ config, configDir, machine }) {
    const places = secretPlaces(config);
    const refused: { key: string; error: WaymarkError }[] = [];
    for (const { key, path } of places)
      try {
        await readPrivateFile(path, configDir, 262_144);
      } catch (error) {
        if (isWaymarkError(error, 'secret.permission')) refused.push({ key, error });
        else if (!isWaymarkError(error)) throw error;
      }
    return {
      count: places.length,
      refused,
      // A person of their own who only looks: not allowed to read them is how it should be.
      isStranger: process.geteuid?.() !== machine.user.uid,
      owner: machine.user.name,
    };
  },
  judge({ count, refused, isStranger, owner }) {
    if (count === 0) return skipped('no secret is in a file');
    if (isStranger && refused.length > 0) return skipped(`they can only be judged as ${onlyFor(owner)}`);
    if (refused.length === 0) return ok(count === 1 ? '1 file, closed to others' : `${count} files, closed to others`);
    return refused.map(
      ({ key, error }): Finding => ({
        is: 'fail',
        sentence: `${key}: ${error.message}`,
        cure: commandIn(error.hint),
        code: error.code,
      }),
    );
  },
});
