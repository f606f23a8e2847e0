// What the machine around the agent says: kernel and journal lines about its devices, what hangs on USB, the state
// directory from outside. Read only, each with a bound in time and size; what is not there is said and nothing more.
import { spawn } from 'node:child_process';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { arch, cpus, freemem, version as kernelVersion, release, totalmem, uptime } from 'node:os';
import { join, relative } from 'node:path';
import { buildTimeMs, version } from '../../agent/index.js';
import { type Clock, withDeadline } from '../../core/index.js';

const COMMAND_MS = 6000;
const MAX_OUTPUT_BYTES = 1_048_576;
const MAX_LINES = 400;
const MAX_FILES = 2000;
/** What tells of modems, receivers, cards, power and disks. */
const KERNEL_LINE =
  /usb|tty|cdc|option|qmi|mbim|wwan|serial|under-?voltage|thrott|mmc|ext4|i\/o error|oom|out of memory|waymark|hung_task/i;

/** Runs a program without a shell and gives what it printed; undefined when it is not there or fails. */
export type Run = (program: string, args: readonly string[]) => Promise<string | undefined>;

export const runner =
  (clock: Clock): Run =>
  (program, args) =>
    withDeadline({ clock, ms: COMMAND_MS, what: program }, (signal) => {
      return new Promise<string | undefined>((resolve) => {
        const child = spawn(program, args, {
          stdio: ['ignore', 'pipe', 'ignore'],
          signal,
          env: { PATH: process.env['PATH'], LC_ALL: 'C' },
        });
        const chunks: Buffer[] = [];
        let length = 0;
        child.stdout.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= MAX_OUTPUT_BYTES) chunks.push(chunk);
        });
        child.on('error', () => resolve(undefined));
        child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : undefined));
      });
    }).catch(() => undefined);

const tail = (lines: readonly string[]): string | undefined =>
  lines.length === 0 ? undefined : `${lines.slice(-MAX_LINES).join('\n')}\n`;

export async function kernelLines(run: Run): Promise<string | undefined> {
  const said = (await run('dmesg', ['--time-format', 'iso'])) ?? (await run('dmesg', []));
  return tail((said ?? '').split('\n').filter((line) => KERNEL_LINE.test(line)));
}

export async function journalLines(run: Run, unit = 'waymark.service'): Promise<string | undefined> {
  const said = await run('journalctl', ['-u', unit, '-n', String(MAX_LINES), '--no-pager', '-o', 'short-iso', '-q']);
  return tail((said ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('-- ')));
}

const USB_FACTS = ['idVendor', 'idProduct', 'manufacturer', 'product', 'bcdDevice', 'speed', 'bMaxPower', 'authorized'];

/** Every USB device with what it says of itself, but for its serial number. */
export async function usbDevices(sysRoot: string): Promise<string | undefined> {
  const base = join(sysRoot, 'bus/usb/devices');
  const names = (await readdir(base).catch(() => [])).filter((name) => /^(?:usb\d+|\d+-[\d.]+)$/.test(name)).sort();
  const lines = await Promise.all(
    names.map(async (name) => {
      const facts = await Promise.all(
        USB_FACTS.map(async (fact) => {
          const text = (await readFile(join(base, name, fact), 'utf8').catch(() => '')).trim().slice(0, 100);
          return text === '' ? undefined : `${fact}=${JSON.stringify(text)}`;
        }),
      );
      return [name, ...facts.filter((fact) => fact !== undefined)].join(' ');
    }),
  );
  return tail(lines);
}

/** Modes, owners, sizes and times of a folder's files; never a byte of what is in them. */
export async function fileList(dir: string): Promise<string | undefined> {
  const root = await lstat(dir).catch(() => undefined);
  if (!root) return undefined;
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const paths = [dir, ...entries.map((entry) => join(entry.parentPath, entry.name)).sort()].slice(0, MAX_FILES);
  const lines = await Promise.all(
    paths.map(async (path) => {
      const facts = await lstat(path).catch(() => undefined);
      if (!facts) return undefined;
      const kind = facts.isDirectory() ? 'd' : facts.isFile() ? '-' : facts.isSymbolicLink() ? 'l' : '?';
      const mode = (facts.mode & 0o7777).toString(8).padStart(4, '0');
      const time = new Date(facts.mtimeMs).toISOString().slice(0, 19);
      return `${kind}${mode} ${facts.uid}:${facts.gid} ${String(facts.size).padStart(9)} ${time}Z ${relative(dir, path) || dir}`;
    }),
  );
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
}

async function systemName(): Promise<string | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]{1,100})/m.exec(text)?.[1];
}

const trimmed = (text: string): string => text.replaceAll('\0', '').trim().slice(0, 200);

/** Of the program and of what it runs on. */
export async function versions(): Promise<object> {
  const model = await readFile('/proc/device-tree/model', 'utf8').catch(() => '');
  return {
    waymark: version,
    builtAt: new Date(buildTimeMs).toISOString(),
    node: process.versions.node,
    openssl: process.versions.openssl,
    system: await systemName(),
    kernel: `${release()} ${kernelVersion()}`.slice(0, 200),
    arch: arch(),
    ...(model === '' ? {} : { board: trimmed(model) }),
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    memoryMiB: Math.round(totalmem() / 1_048_576),
    freeMiB: Math.round(freemem() / 1_048_576),
    uptimeSeconds: Math.round(uptime()),
    user: { uid: process.geteuid?.(), groups: process.getgroups?.() },
  };
}
