// A verb done again by another user: util-linux' setpriv becomes them, with the groups of the unit, and runs this very
// program. Root only.
import { spawn } from 'node:child_process';
import { WaymarkError } from '../core/index.js';

export interface OtherUser {
  uid: number;
  gid: number;
  groups: readonly number[];
  /** Beside what this process has. */
  env: Readonly<Record<string, string>>;
}

const MAX_TEXT = 1 << 20;

/**
 * Runs `waymark ARGS` as that user; what it says goes where ours goes, or with `keep` its standard output is given back.
 * Errors: `cli.usage` where there is no setpriv.
 */
export function runAsUser(
  user: OtherUser,
  args: readonly string[],
  { keep }: { keep: boolean },
): Promise<{ code: number; stdout: string }> {
  const program = process.argv[1] ?? '';
  const become = ['--reuid', user.uid, '--regid', user.gid, '--groups', user.groups.join(',')].map(String);
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', [...become, '--', process.execPath, ...process.execArgv, program, ...args], {
      stdio: ['inherit', keep ? 'pipe' : 'inherit', keep ? 'ignore' : 'inherit'],
      env: { ...process.env, ...user.env },
    });
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_TEXT) stdout += text;
    });
    child.on('error', (cause) =>
      reject(
        new WaymarkError('cli.usage', 'setpriv (util-linux) cannot be run', {
          cause,
          hint: 'Run it as the user of the service: sudo -u waymark waymark …',
        }),
      ),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, stdout }));
  });
}
