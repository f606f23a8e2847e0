// Every token, password and certificate without asking anybody: is it there, has it the right form, has it ended, and
// what has the agent been told about it?
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inspectConfig } from '../../../config/index.js';
import type { CredentialView } from '../../../status/index.js';
import { inspectCredentials, inspectSecretFile } from '../../inspect.js';
import type { Desk } from '../desk.js';
import { quoted } from '../files.js';
import { secretPlaces } from '../secret-places.js';
import { onlyFor } from '../stranger.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';

interface Facts {
  /** With the file each comes from, where it comes from one. */
  views: readonly (CredentialView & { file?: string })[];
  absent: readonly { key: string; path: string }[];
  /** Oddities of values that the files themselves show. */
  oddities: readonly { key: string; message: string }[];
  /** The files cannot be read from here, and no agent answers. */
  isStranger: boolean;
  owner: string;
  blamedFiles: boolean;
}

const isMissing = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    (error: unknown) => (error as { code?: unknown }).code === 'ENOENT',
  );

async function gather(desk: Desk): Promise<Facts> {
  const { machine, config, configDir, configFile } = desk;
  const { env, clock } = machine;
  const deps = { config, configDir, clock, env };
  const status = await desk.status();
  const isStranger = !status && process.geteuid?.() !== machine.user.uid;
  const views = status?.credentials ?? (await inspectCredentials(deps));
  const places = secretPlaces(config).map(({ key, path }) => ({ key, path: resolve(configDir, path) }));
  const absent: { key: string; path: string }[] = [];
  for (const place of places) if (await isMissing(place.path)) absent.push(place);
  const keys = new Set(places.map(({ key }) => key));
  const { warnings } = await inspectConfig(configFile, { env, clock });
  const gone = new Set(absent.map(({ key }) => key));
  return {
    views: views.map((view) => {
      const file = inspectSecretFile(deps, view.id)?.path;
      return file === undefined ? view : { ...view, file };
    }),
    absent,
    oddities: warnings
      .filter(({ path }) => keys.has(path) && !gone.has(path))
      .map(({ path, message }) => ({ key: path, message })),
    isStranger,
    owner: machine.user.name,
    blamedFiles: desk.result('secret-files')?.state === 'fail',
  };
}

function ofView(view: Facts['views'][number], absent: ReadonlySet<string>, blamedFiles: boolean): Finding | undefined {
  const { id, state, reason, file, remedy, isOnDemand, expiresInDays, waitsFor } = view;
  const cure = remedy ?? 'waymark token list tells what to do';
  if (waitsFor !== undefined || isOnDemand) return undefined;
  if (state === 'missing') {
    // What provisioning brings is not there before it, and that is no trouble.
    if (file === undefined) return undefined;
    if (reason === 'bad-permissions' && blamedFiles) return undefined;
    const isAbsent = absent.has(file);
    const isMalformed = reason === 'malformed';
    return {
      is: 'fail',
      sentence: `${id}: ${isAbsent ? `${file} is not there` : isMalformed ? `what ${file} holds has not the form of one` : `${file} is empty or cannot be used`}`,
      cure: isAbsent ? `install -m 600 /dev/null ${quoted(file)} and put the value into it. ${cure}` : cure,
      code: isMalformed ? 'secret.malformed' : 'secret.absent',
    };
  }
  if (state === 'expired') return { is: 'fail', sentence: `${id} has ended`, cure, code: 'credential.expired' };
  if (state === 'rejected' || state === 'revoked' || state === 'deactivated')
    return {
      is: 'fail',
      sentence: `${id} is ${state}${reason === undefined ? '' : ` (${reason})`}`,
      cure,
      code: 'credential.refused',
    };
  if (state === 'expiring')
    return {
      is: 'warn',
      sentence: `${id} ends${expiresInDays === undefined ? ' soon' : ` in ${expiresInDays} days`}`,
      cure,
      code: 'credential.expired',
    };
  return undefined;
}

export const tokensCheck = defineCheck<Desk, Facts>({
  id: 'tokens',
  title: 'Tokens and certificates',
  needs: ['configuration'],
  deadlineMs: 30_000,
  looksAt:
    'every credential without sending it anywhere: present, its form, its end, and what the running agent or the last one was told (`waymark token list`)',
  cures: [
    [
      'not there, or empty',
      '`install -m 600 /dev/null FILE`, then paste the value; where it is found in which portal is printed',
    ],
    ['not the right form', 'copy it again from the portal, without blanks or quotes'],
    ['ended, or ends soon', 'make a new one, then `waymark token rotate ID --from FILE`'],
    ['refused', 'as the printed remedy says; `waymark token test ID` tries it'],
  ],
  gather,
  judge({ views, absent, oddities, isStranger, owner, blamedFiles }) {
    if (isStranger && views.some(({ state }) => state === 'missing'))
      return skipped(`they can only be judged as ${onlyFor(owner)}`);
    const gone = new Set(absent.map(({ path }) => path));
    const found = views.flatMap((view) => ofView(view, gone, blamedFiles) ?? []);
    const told = new Set(views.map(({ file }) => file));
    for (const { key, path } of absent)
      if (!told.has(path))
        found.push({
          is: 'fail',
          sentence: `${key}: ${path} is not there`,
          cure: `install -m 600 /dev/null ${quoted(path)} and put the value into it`,
          code: 'secret.absent',
        });
    if (found.length > 0) return found;
    const strange = oddities.map(
      ({ key, message }): Finding => ({
        is: 'warn',
        sentence: `${key}: ${message}`,
        cure: 'waymark token list shows its end; waymark token rotate puts a new value in force',
      }),
    );
    if (strange.length > 0) return strange;
    if (views.length === 0) return skipped('none is configured');
    return ok(`${views.length} looked at, nothing wrong`);
  },
});
