// `waymark config upgrade FILE`: a file of an older layout in today's, comments kept. Shown; written only when asked to,
// and then the old file stays beside it.
import { lstat, open, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, editWords, explainProblems, parseConfig, upgradeText } from '../config/index.js';
import { EXIT, WaymarkError } from '../core/index.js';
import { writeForOwner } from '../vault/index.js';
import { printJson, stderr, stdout } from './output.js';

export interface UpgradeOptions {
  file: string;
  write: boolean;
  json: boolean;
}

const MAX_BYTES = 262_144;

/** 0 current, shown or written. Errors: `config.unreadable`, `config.invalid`, `vault.write`. */
export async function configUpgrade({ file: name, write, json }: UpgradeOptions): Promise<number> {
  const file = resolve(name);
  const facts = await lstat(file).catch(() => undefined);
  if (!facts?.isFile() || facts.size > MAX_BYTES)
    throw new WaymarkError('config.unreadable', `${file}: no such file, or no plain one of moderate size`);
  const text = await readFile(file, 'utf8');
  const upgrade = upgradeText(text);
  if (upgrade.is === 'refused') {
    const message = `${file}: ${upgrade.message}`;
    throw new ConfigError('config.invalid', parseConfig(text, file).problems, message);
  }
  if (upgrade.is === 'current') {
    if (json) printJson({ file, isCurrent: true });
    else stdout.write(`${file} is of the present layout: nothing is to be done.\n`);
    return EXIT.ok;
  }
  const { problems } = parseConfig(upgrade.text, file);
  const changes = upgrade.edits.map(editWords);
  const kept = `${file}.v${upgrade.from}`;
  if (write) {
    if (problems.length > 0) throw new ConfigError('config.invalid', problems, explainProblems(problems));
    await writeForOwner(kept, Buffer.from(text), file);
    await writeForOwner(file, Buffer.from(upgrade.text), file);
    for (const path of [kept, file]) {
      await using handle = await open(path, 'r');
      await handle.chmod(facts.mode & 0o777);
    }
  }
  if (json)
    printJson({
      file,
      isCurrent: false,
      from: upgrade.from,
      to: upgrade.to,
      changes,
      problems,
      isWritten: write,
      ...(write ? { kept } : { text: upgrade.text }),
    });
  else {
    for (const change of changes) stderr.write(`  ${change}\n`);
    if (problems.length > 0) stderr.write(`${explainProblems(problems)}\n`);
    if (write) stdout.write(`${file} is of layout ${upgrade.to} now; the old one is ${kept}.\n`);
    else stdout.write(upgrade.text);
  }
  return EXIT.ok;
}
