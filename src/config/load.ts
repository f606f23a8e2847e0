// From a file to a checked configuration. Every mistake is reported at once, each with its line and column: a person at
// a gateway on a mast should need one round only.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { type Clock, createClock, WaymarkError } from '../core/index.js';
import { checkSecrets } from './check-secrets.js';
import { crossCheck } from './cross-check.js';
import { type Data, type Finding, type ParsedDocument, parseYaml } from './document.js';
import { explainProblems } from './explain.js';
import { migrate } from './migrate.js';
import { absolutePaths } from './paths.js';
import { ConfigError, type ConfigProblem } from './problem.js';
import { type Config, configSchema } from './schema.js';
import { emptySections, issueMessage, unknownKeys } from './shape.js';

const MAX_CONFIG_BYTES = 262_144;
/** Beyond this a list of problems helps nobody. */
const MAX_PROBLEMS = 100;

/** What was found in a configuration. `config` is there exactly when there are no problems. */
export interface ConfigReport {
  config?: Config;
  problems: ConfigProblem[];
  /** Worth a look, no obstacle. */
  warnings: ConfigProblem[];
}

interface Checked extends ConfigReport {
  document: ParsedDocument;
  root: { readonly [key: string]: Data } | undefined;
}

function check(text: string, file: string): Checked {
  const document = parseYaml(text);
  const findings = [...document.findings];
  const warnings: Finding[] = [];
  const told = new Set(findings.filter((f) => f.path !== '').map((f) => f.path));
  const brokenLine = Math.min(...findings.filter((f) => f.message.startsWith('YAML')).map((f) => f.line));
  const add = (path: readonly (string | number)[], message: string, part: 'key' | 'value' = 'value'): void => {
    const name = path.join('.');
    // One message a place: a value that is no number is not also too large, an empty section not also incomplete.
    if (told.has(name)) return;
    const place = document.placeOf(path, part);
    // What a syntax error swallowed is not missing, and from its line on keys may seem to stand where they do not.
    if (message.startsWith('is missing') && Number.isFinite(brokenLine)) return;
    if (part === 'key' && place.line >= brokenLine - 1) return;
    told.add(name);
    findings.push({ ...place, path: name, message });
  };

  let config: Config | undefined;
  let root = document.data;
  if (root) {
    const migration = migrate(root);
    if (migration.is === 'refused') add(['version'], migration.message);
    else root = migration.data;
    if (migration.is === 'current' || migration.goOn) {
      const filled = emptySections(root, (path) => add(path, 'is empty: give it a value, or remove the line', 'key'));
      unknownKeys(filled, (path, message) => add(path, message, 'key'));
      const result = v.safeParse(configSchema, filled);
      for (const issue of result.issues ?? []) {
        const message = issueMessage(issue);
        const path = (issue.path ?? []).map((item) => item.key as string | number);
        if (message !== undefined) add(path, message);
      }
      // A list where a section belongs: the validator sees an object with numbered keys, which nobody wrote.
      if (!result.success && findings.length === 0)
        for (const issue of result.issues)
          add(
            (issue.path ?? []).slice(0, -1).map((item) => item.key as string | number),
            'must be a section of keys and values',
          );
      for (const { path, message, isWarning } of crossCheck(filled)) {
        if (isWarning) warnings.push({ ...document.placeOf(path, 'key'), path: path.join('.'), message });
        else add(path, message, 'key');
      }
      if (result.success && findings.length === 0) config = absolutePaths(result.output, dirname(resolve(file)));
    }
  }
  const sorted = findings.sort((a, b) => a.line - b.line || a.column - b.column);
  const problems = sorted.slice(0, MAX_PROBLEMS).map((finding) => ({ file, ...finding }));
  const more = sorted.length - problems.length;
  const last = problems.at(-1);
  if (more > 0 && last) problems.push({ ...last, path: '', message: `and ${more} more problems from here on` });
  return {
    problems,
    warnings: warnings.map((finding) => ({ file, ...finding })),
    document,
    root,
    ...(config ? { config } : {}),
  };
}

/** Checks configuration text without touching the file system. Never throws for its contents. */
export function parseConfig(text: string, file = 'waymark.yaml'): ConfigReport {
  const { problems, warnings, config } = check(text, file);
  return { problems, warnings, ...(config ? { config } : {}) };
}

async function readConfigFile(path: string): Promise<{ text: string; mode: number }> {
  const refuse = (why: string, cause?: unknown): WaymarkError =>
    new WaymarkError('config.unreadable', `${path}: ${why}`, { cause });
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
    throw refuse(code === 'ENOENT' ? 'no such file' : `cannot be opened: ${String(code)}`, error);
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw refuse('is not a regular file');
    if (facts.size > MAX_CONFIG_BYTES) throw refuse(`larger than ${MAX_CONFIG_BYTES / 1024} KiB`);
    const buffer = Buffer.alloc(MAX_CONFIG_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_CONFIG_BYTES) throw refuse(`larger than ${MAX_CONFIG_BYTES / 1024} KiB`);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)), mode: facts.mode };
  } catch (error) {
    if (error instanceof TypeError) throw refuse('is not UTF-8 text', error);
    throw error;
  } finally {
    await handle.close();
  }
}

export interface InspectOptions {
  env: NodeJS.ProcessEnv;
  /** Tells what is about to end (default: real time). */
  clock?: Clock;
}

interface Inspection extends ConfigReport {
  onlyModes: boolean;
}

async function inspect(path: string, { env, clock = createClock() }: InspectOptions): Promise<Inspection> {
  const { text, mode } = await readConfigFile(path);
  const checked = check(text, path);
  const hadProblems = checked.problems.length > 0;
  const secrets = await checkSecrets({
    ...{ root: checked.root, file: path, env, nowUtcMs: clock.wall() },
    placeOf: (key) => checked.document.placeOf(key),
  });
  checked.problems.push(...secrets.problems);
  checked.warnings.push(...secrets.warnings);
  if ((mode & 0o002) !== 0)
    checked.warnings.push({
      file: path,
      line: 1,
      column: 1,
      path: '',
      message: `everybody may change this file: chmod o-w '${path.replaceAll("'", "'\\''")}'`,
    });
  const { config } = checked;
  const problems = checked.problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return {
    problems,
    warnings: checked.warnings,
    onlyModes: problems.length > 0 && !hadProblems && !secrets.isBeyondModes,
    ...(config && problems.length === 0 ? { config } : {}),
  };
}

/**
 * Everything there is to say about a configuration file, without starting anything or changing the environment.
 * Errors: `config.unreadable`.
 */
export async function inspectConfig(path: string, options: InspectOptions): Promise<ConfigReport> {
  const { onlyModes: _, ...report } = await inspect(path, options);
  return report;
}

/**
 * Loads a configuration: defaults filled in, paths absolute (relative ones start at the file's folder).
 * Errors: `config.unreadable`; a `ConfigError` with every problem (`config.invalid`, or `secret.permission` when loose
 * file modes are all that is wrong).
 */
export async function loadConfig(path: string, options: InspectOptions): Promise<Config> {
  const { config, problems, onlyModes } = await inspect(path, options);
  if (!config)
    throw new ConfigError(onlyModes ? 'secret.permission' : 'config.invalid', problems, explainProblems(problems));
  return config;
}
