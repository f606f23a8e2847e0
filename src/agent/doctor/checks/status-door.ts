// Is the agent to be asked, on its socket and on the page's port?
import { get } from 'node:http';
import { type Clock, withDeadline } from '../../../core/index.js';
import { agentHolding } from '../../inspect-modem.js';
import type { Desk } from '../desk.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';

interface Facts {
  runtimeDir: string;
  isAnswering: boolean;
  state: string | undefined;
  isDenied: boolean;
  /** The agent that holds the state directory. */
  pid: number | undefined;
  http: { host: string; port: number; is: 'answers' | 'silent' } | undefined;
}

const HTTP_MS = 4000;

/** True when anything answers in HTTP there. */
async function answers(host: string, port: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    return await withDeadline(
      { clock, ms: HTTP_MS, signal, what: `${host}:${port}` },
      (limited) =>
        new Promise<boolean>((resolve, reject) => {
          const asked = get({ host, port, path: '/healthz', signal: limited }, (response) => {
            response.resume();
            resolve(true);
          });
          asked.on('error', reject);
        }),
    );
  } catch {
    return false;
  }
}

const deniedBy = (error: unknown): boolean => {
  for (let each = error, n = 0; n < 4 && typeof each === 'object' && each !== null; n++) {
    const { code, cause } = each as { code?: unknown; cause?: unknown };
    if (code === 'EACCES') return true;
    each = cause;
  }
  return false;
};

export const statusDoorCheck = defineCheck<Desk, Facts>({
  id: 'status-door',
  title: 'Status door',
  needs: ['configuration'],
  deadlineMs: 20_000,
  looksAt: 'whether a running agent answers on its socket, and on `status.http` where that is configured',
  cures: [
    ['an agent runs but does not answer', '`systemctl restart waymark`; another runtime directory: `--runtime-dir`'],
    ['this user may not ask', 'run as root, or `status.socketMode: "0660"` and `usermod -aG waymark USER`'],
    ['the page’s port is taken', 'another `status.http.port`'],
  ],
  async gather(desk) {
    const { config, machine, signal } = desk;
    const status = await desk.status();
    const { http } = config.status;
    return {
      runtimeDir: desk.runtimeDir ?? config.runtimeDir,
      isAnswering: status !== undefined,
      state: status?.state,
      isDenied: deniedBy(desk.statusError()),
      pid: status ? undefined : await agentHolding(config.stateDir, machine.roots),
      http:
        http === undefined || http.port === 0
          ? undefined
          : { ...http, is: (await answers(http.host, http.port, machine.clock, signal)) ? 'answers' : 'silent' },
    };
  },
  judge({ runtimeDir, isAnswering, state, isDenied, pid, http }) {
    const page = http && `http://${http.host}:${http.port}/`;
    if (isDenied)
      return {
        is: 'warn',
        sentence: `this user may not ask the agent in ${runtimeDir}`,
        cure: 'Run this as root; or set status.socketMode: "0660" and: usermod -aG waymark "$USER"',
        code: 'status.unavailable',
      };
    if (pid !== undefined)
      return {
        is: 'fail',
        sentence: `an agent runs (pid ${pid}) but does not answer in ${runtimeDir}`,
        cure: 'systemctl restart waymark; or name its directory with --runtime-dir',
        code: 'status.unavailable',
      };
    if (!isAnswering) {
      const taken: Finding = {
        is: 'warn',
        sentence: `another program answers on ${page ?? ''}`,
        cure: 'Set another status.http.port; ss -ltnp shows who has it',
      };
      return http?.is === 'answers' ? taken : skipped('no agent runs here');
    }
    if (http?.is === 'silent')
      return {
        is: 'fail',
        sentence: `the agent answers on its socket, but nobody on ${page ?? ''}`,
        cure: 'Look for the port in the agent’s log: journalctl -u waymark -g status; ss -ltnp shows who has it',
        code: 'status.unavailable',
      };
    return ok(`the agent answers (${state ?? 'unknown'})${page === undefined ? '' : `, page on ${page}`}`);
  },
});
