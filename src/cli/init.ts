// `waymark init`: a few questions, and a commented configuration that is valid. Finds the ports, writes no secret, and
// says what is left to be put where.
import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { findUser, inspectPorts, type PortsReport } from '../agent/index.js';
import { nearest, parseConfig } from '../config/index.js';
import { createClock, EXIT, isWaymarkError, linkedController, oneLine, WaymarkError } from '../core/index.js';
import { type Asker, createAsker, silentAsker } from './init-ask.js';
import { composeFile, meaningOf, type Values } from './init-file.js';
import { addSection, OFFERS, put, SERVICE_NAMES, type ServiceName, type ServiceOffer } from './init-services.js';
import { DEFAULT_CONFIG, reportFailure } from './modem-access.js';
import { describePorts } from './modem-list.js';
import { printJson, stderr, stdout } from './output.js';
import { type RootFlags, rootsOf } from './roots.js';

export interface InitFlags extends RootFlags {
  out: string;
  modem?: string;
  gnss?: string;
  services?: string;
  page: boolean;
  secrets?: boolean;
  yes: boolean;
  force: boolean;
  json: boolean;
  /** Of the services, by flag. */
  answers: Readonly<Record<string, string | undefined>>;
}

interface Left {
  key: string;
  file: string;
  where: string;
}

const SECRETS = 'secrets';
const USER = 'waymark';

/** 0 written; 64 not answered, or the file is there already. */
export async function init(flags: InitFlags): Promise<number> {
  const out = resolve(flags.out);
  try {
    if (!flags.force && (await stat(out).catch(() => undefined)))
      throw new WaymarkError('cli.usage', `${out} is there already`, {
        hint: 'Nothing was changed. Name another file with --out, or overwrite it with --force.',
      });
    const isSilent = flags.yes || !process.stdin.isTTY;
    if (isSilent && !flags.yes)
      throw new WaymarkError('cli.usage', 'standard input is no terminal', {
        hint: 'Answer by flags and add --yes: waymark init --help',
      });
    using asker = isSilent ? silentAsker : createAsker();
    const ports = await lookForPorts(flags);
    asker.say('u goes back to the question before; Ctrl-C ends, and nothing is written before the last answer.\n');
    const { values, left, wantsFiles } = await asker.dialogue(async () => {
      const told = await interview(flags, asker, ports);
      const secrets = secretsOf(told.services);
      const isWanted =
        flags.secrets ??
        (secrets.length > 0 &&
          !isSilent &&
          isYes(await asker.ask('Make the secrets folder with empty files', 'yes', yesOrNo)));
      return { values: told.values, left: secrets, wantsFiles: isWanted };
    });
    const text = composeFile(values);
    const { config, problems } = parseConfig(text, out);
    if (!config)
      throw new WaymarkError('cli.usage', problems.map(({ path, message }) => `${path}: ${message}`).join('\n'), {
        hint: 'Answer that otherwise; nothing was written.',
      });
    await write(out, text);
    if (wantsFiles) await makeSecrets(dirname(out), left);
    if (flags.json) printJson({ schemaVersion: 1, file: out, secretFiles: wantsFiles ? 'made' : 'not made', left });
    else stdout.write(describe(out, left, wantsFiles));
    return EXIT.ok;
  } catch (error) {
    if (isWaymarkError(error, 'core.cancelled')) stderr.write('\nNothing was written.\n');
    return reportFailure(error, flags.json);
  }
}

const YES = /^y(?:es)?$/i;
const isYes = (answer: string): boolean => YES.test(answer);
const yesOrNo = (answer: string): string | undefined => (/^(?:y|yes|n|no)$/i.test(answer) ? undefined : 'yes or no');

async function interview(
  flags: InitFlags,
  asker: Asker,
  ports: PortsReport,
): Promise<{ values: Values; services: ServiceName[] }> {
  const values: Values = { version: 1 };
  const deviceAt = async (user: 'modem' | 'gnss', words: string, given: string | undefined): Promise<void> => {
    const known = ports.ports.filter((port) => port.usb !== undefined).map(({ stableName }) => stableName);
    const judge = (answer: string): string | undefined =>
      answer === 'none' ? undefined : problemAt({ version: 1, [user]: { port: named(answer, ports) } }, `${user}.port`);
    const usual = given ?? (flags.yes || ports.auto[user] !== undefined || known.length > 0 ? 'auto' : 'none');
    const answer =
      given !== undefined && judge(given) === undefined
        ? given
        : await asker.ask(`${words}: auto, none, or a port`, usual, judge);
    if (answer === 'none') return;
    const port = named(answer, ports);
    values[user] = { port };
    // It may be plugged in later, or it is a slip of the keyboard.
    if (port.startsWith('/') && !(await stat(port).catch(() => undefined)))
      asker.say(`  ${oneLine(port)} is not there just now; it is written as it is\n`);
  };
  await deviceAt('modem', 'Cellular module', flags.modem);
  await deviceAt('gnss', 'GNSS receiver', flags.gnss);

  const services = await chosenServices(flags, asker, values);
  for (const name of services) {
    const offer: ServiceOffer = OFFERS[name];
    for (const section of offer.sections) addSection(values, section);
    for (const [key, value] of Object.entries(offer.values ?? {})) put(values, key, value);
    for (const [key, file] of Object.entries(offer.secrets)) put(values, key, `file:${SECRETS}/${file}`);
    for (const [i, { flag, key, usual }] of offer.questions.entries()) {
      const judge = (answer: string): string | undefined => {
        const tried = structuredClone(values);
        for (const other of offer.questions.slice(i + 1)) put(tried, other.key, other.sample);
        put(tried, key, answer);
        return problemAt(tried, key);
      };
      const given = flags.answers[flag];
      const answer = await (given === undefined ? asker : silentAsker).ask(
        `${key} (${meaningOf(key)}${given === undefined && usual === undefined ? ` Flag ${flag}` : ''})`,
        given ?? usual,
        judge,
      );
      put(values, key, answer);
    }
  }
  if (flags.page) put(values, 'status.http.port', 8787);
  return { values, services };
}

/** What is wrong at that key alone. */
function problemAt(values: Values, key: string): string | undefined {
  return parseConfig(composeFile(values)).problems.find(({ path }) => path === key)?.message;
}

/** A short name such as ttyUSB2 stands for its stable one. */
function named(answer: string, { ports }: PortsReport): string {
  const found = ports.find(({ name, path }) => name === answer || path === answer);
  return found?.stableName ?? answer;
}

async function lookForPorts(flags: InitFlags): Promise<PortsReport> {
  using stop = linkedController();
  const report = await inspectPorts({ roots: rootsOf(flags), clock: createClock(), signal: stop.signal, probe: false });
  if (!flags.yes) stderr.write(`${describePorts(report, false)}\n`);
  return report;
}

async function chosenServices(flags: InitFlags, asker: Asker, values: Values): Promise<ServiceName[]> {
  const fits = (name: ServiceName): boolean => {
    const { needs }: ServiceOffer = OFFERS[name];
    return needs === undefined || values[needs] !== undefined;
  };
  const listOf = (answer: string): string[] =>
    answer === 'none' ? [] : [...new Set(answer.split(/[\s,]+/).filter((word) => word !== ''))];
  const judge = (answer: string): string | undefined => {
    for (const word of listOf(answer)) {
      if (!SERVICE_NAMES.includes(word as ServiceName)) {
        const near = nearest(word, SERVICE_NAMES);
        return `${word} is none of ${SERVICE_NAMES.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`;
      }
      if (!fits(word as ServiceName)) return `${word} needs a ${OFFERS[word as 'ntrip'].needs}`;
    }
    const both = listOf(answer);
    return both.includes('pointperfect') && both.includes('ntrip')
      ? 'pointperfect and ntrip both bring corrections: choose one'
      : undefined;
  };
  if (!flags.yes && flags.services === undefined)
    asker.say(
      `Services:\n${SERVICE_NAMES.filter(fits)
        .map((name) => `  ${name.padEnd(13)} ${OFFERS[name].words}\n`)
        .join('')}`,
    );
  const usual = flags.services ?? (fits('pointperfect') ? 'pointperfect' : 'none');
  const isGiven = flags.services !== undefined;
  return listOf(
    await (isGiven ? silentAsker : asker).ask('Services, by commas, or none', usual, judge),
  ) as ServiceName[];
}

function secretsOf(services: readonly ServiceName[]): Left[] {
  return services.flatMap((name) =>
    Object.entries(OFFERS[name].secrets).map(([key, file]: [string, string]) => ({
      key,
      file: `${SECRETS}/${file}`,
      where: meaningOf(key),
    })),
  );
}

async function write(out: string, text: string): Promise<void> {
  await mkdir(dirname(out), { recursive: true, mode: 0o755 });
  const fresh = `${out}.new`;
  await writeFile(fresh, text, { mode: 0o644 });
  // The service's user has to read it, whoever writes it, and no secret is in it.
  await chmod(fresh, 0o644);
  await rename(fresh, out);
}

/** The folder and empty files, closed to others; what is there already is left alone. */
async function makeSecrets(configDir: string, left: readonly Left[]): Promise<void> {
  const folder = join(configDir, SECRETS);
  const service = process.geteuid?.() === 0 ? await findUser(USER) : undefined;
  const own = async (path: string): Promise<void> => {
    if (service) await chown(path, service.uid, service.groups[0] ?? service.uid);
  };
  if (!(await stat(folder).catch(() => undefined))) {
    await mkdir(folder, { mode: 0o700 });
    await own(folder);
  }
  for (const { file } of left)
    try {
      const path = join(configDir, file);
      await using handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      await handle.chmod(0o600);
      await own(path);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    }
}

function describe(out: string, left: readonly Left[], areMade: boolean): string {
  const named = out === DEFAULT_CONFIG ? '' : ` -c ${out}`;
  const lines = [`${out} is written and valid.`, ''];
  if (left.length > 0) {
    lines.push('Left to do: the secrets, each alone in its file.');
    for (const { file, key, where } of left) {
      const path = join(dirname(out), file);
      lines.push(`  ${key}: ${where}`);
      lines.push(
        areMade
          ? `    paste it into ${path}`
          : `    install -D -m 600 /dev/stdin ${path}     # paste it, Enter, Ctrl-D`,
      );
    }
    lines.push('');
  }
  // The file that the service reads was written by root; whatever else is run by hand.
  const [sudo, start] = named === '' ? ['sudo ', 'sudo systemctl start waymark'] : ['', `waymark run${named}`];
  lines.push('Then:', `  ${sudo}waymark doctor${named}     # what is still in the way`, `  ${start}`, '');
  return lines.join('\n');
}
