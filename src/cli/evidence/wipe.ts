// `waymark wipe`: a gateway forgets who it was. Listed first, refused while an agent runs, written over before it is
// unlinked, and looked for afterwards: the values are learned before they go, and no file that is left may hold one.
import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { namedFiles, rememberSecrets, secretsElsewhere } from '../../config/index.js';
import { createClock, EXIT, linkedController, type Secret, toWaymarkError, WaymarkError } from '../../core/index.js';
import { eraseFile, holdsAny, lockDirectory, valuesKeptIn } from '../../vault/index.js';
import { createProgress, findModem, type ModemFlags } from '../modem-access.js';
import { wipeModule } from '../modem-tools.js';
import { printJson, stderr, stdout } from '../output.js';
import { removeEmpty } from './aside.js';
import { confirm } from './ask.js';
import { stillValid } from './far-side.js';
import { foldersOf } from './own-names.js';
import { type Place, placeOf, refuseSharedFolders, refuseWhileRunning } from './place.js';
import { planWipe, type WipeItem, type WipePlan } from './wipe-plan.js';
import { foreignLines, sizeWords } from './words.js';

export interface WipeOptions extends ModemFlags {
  secrets: boolean;
  module: boolean;
  yes: boolean;
}

type ModuleResult = Awaited<ReturnType<typeof wipeModule>>;

const MAX_SEARCHED_BYTES = 16 * 1024 * 1024;
const FLASH =
  'Every file was written over before it was removed. Flash (SD card, eMMC, SSD) may keep old copies where no program reaches them: where that matters, destroy the card or keep the file system encrypted.';
const WORDS = {
  'app-token': 'the app token',
  authority: 'the loaded authority',
  'celllocate-token': 'the CellLocate token',
} as const;

async function forgetInModule(options: WipeOptions): Promise<ModuleResult> {
  const clock = createClock();
  using stop = linkedController();
  using progress = createProgress(clock);
  const { access } = await findModem(options, clock);
  return await wipeModule({ ...access, signal: stop.signal, onStage: progress.stage });
}

/** The folders in which nothing of it may be left: one level of those that hold secrets, all of the state. */
async function searched({ config }: Place, withSecrets: boolean): Promise<string[]> {
  const folders = [config.stateDir, config.runtimeDir];
  const below = await Promise.all(
    folders.map(async (dir) => {
      const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const secretDirs = withSecrets ? [...new Set(namedFiles(config).map(({ path }) => dirname(path)))] : [];
  const beside = await Promise.all(
    secretDirs.map(async (dir) => {
      const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isFile()).map((entry) => join(dir, entry.name));
    }),
  );
  return [...new Set([...below, ...beside].flat())];
}

/** Files that still hold one of the values. */
async function leftovers(paths: readonly string[], values: readonly Secret[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const facts = await lstat(path).catch(() => undefined);
    if (!facts?.isFile() || facts.size > MAX_SEARCHED_BYTES) continue;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (holdsAny(bytes, values)) found.push(path);
  }
  return found;
}

/** Gives what could not be removed, with the reason. */
async function erase(items: readonly WipeItem[], { config }: Place): Promise<string[]> {
  const failed: string[] = [];
  for (const { path } of items)
    await eraseFile(path).catch((error: unknown) => void failed.push(`${path}: ${toWaymarkError(error).message}`));
  const below = items.filter(({ of }) => of === 'state').map(({ path }) => relative(config.stateDir, path));
  await removeEmpty(config.stateDir, foldersOf(below));
  return failed;
}

function list({ items, foreign }: WipePlan, options: WipeOptions): void {
  stderr.write(items.length === 0 ? 'There is nothing to remove.\n' : 'This will be removed for good:\n');
  for (const { path, bytes } of items) stderr.write(`  ${sizeWords(bytes).padStart(9)}  ${path}\n`);
  if (foreign.length > 0) stderr.write(`Not the agent’s, so they stay:\n${foreignLines(foreign)}`);
  if (!options.secrets)
    stderr.write('The secret files that the configuration names stay (--secrets removes them, too).\n');
  stderr.write(
    options.module
      ? 'The module will be made to forget its tokens and authority.\n'
      : 'A module keeps in its own memory what it was told (--module has it forget).\n',
  );
}

function tell(items: readonly WipeItem[], place: Place, options: WipeOptions, module: ModuleResult | undefined): void {
  stdout.write(
    `Removed ${items.length} files; looked through what is left: none of the known values is in it.\n${FLASH}\n`,
  );
  for (const { what, result } of module?.forgotten ?? [])
    stdout.write(
      `Module on ${module?.port ?? ''}: ${WORDS[what]} ${result === 'absent' ? 'is not there' : result === 'forgotten' ? 'is forgotten' : 'IS STILL THERE'}.\n`,
    );
  const valid = stillValid(place.config);
  if (valid.length > 0) stdout.write('Still valid at the far side until it is withdrawn there:\n');
  for (const { what, where } of valid) stdout.write(`  ${what}: ${where}\n`);
  for (const { key, reference } of secretsElsewhere(place.config))
    stdout.write(`Not in a file, so not removed: ${key} (${reference})\n`);
  if (!options.secrets) stdout.write('The secret files of the configuration are still there.\n');
}

/** 0 removed and proved. Errors: `cli.usage`, `config.*`, `vault.busy`, `wipe.incomplete`, those of the module with --module. */
export async function wipeVerb(options: WipeOptions): Promise<number> {
  const place = await placeOf(options.config);
  const { config } = place;
  await refuseSharedFolders(config.stateDir, config.runtimeDir);
  await refuseWhileRunning(config.stateDir);
  const plan = await planWipe(config, options.secrets);
  const { items, foreign } = plan;
  if (!options.json) list(plan, options);
  if (!options.yes && !(await confirm('Remove all this?'))) return EXIT.usage;
  // Known before it goes, so that it can be looked for afterwards.
  const values = [
    ...(await valuesKeptIn(config.stateDir)),
    ...(options.secrets ? (await rememberSecrets(config)).secrets : []),
  ];
  // The module first: it may be that it cannot be reached, and then the person can try again with everything in place.
  const module = options.module ? await forgetInModule(options) : undefined;
  const hasState = await lstat(config.stateDir).then(
    () => true,
    () => false,
  );
  const unlock = hasState ? lockDirectory(config.stateDir) : () => undefined;
  let failed: string[];
  try {
    failed = await erase(items, place);
  } finally {
    unlock();
  }
  const left = await leftovers(await searched(place, options.secrets), values);
  const kept = (module?.forgotten ?? []).filter(({ result }) => result === 'kept').map(({ what }) => WORDS[what]);
  if (options.json)
    printJson({
      removed: items.map(({ path }) => path),
      valuesLookedFor: values.length,
      foreign,
      ...{ failed, left, stillValid: stillValid(config), elsewhere: secretsElsewhere(config) },
      ...(module ? { module } : {}),
      note: FLASH,
    });
  if (failed.length > 0 || left.length > 0 || kept.length > 0)
    throw new WaymarkError(
      'wipe.incomplete',
      [
        ...failed,
        ...left.map((path) => `${path} still holds a value`),
        ...kept.map((what) => `the module still has ${what}`),
      ].join('; '),
    );
  if (!options.json) tell(items, place, options, module);
  return EXIT.ok;
}
