// Doors over a made-up gateway, and raw requests to them: a client that adds nothing by itself.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../src/core/index.js';
import {
  createHistory,
  createLogTail,
  createPageToken,
  type LogKeeper,
  openStatusServer,
  type StatusServer,
  type StatusServerOptions,
  type StatusSnapshot,
} from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  host?: string;
}

export interface DoorRig extends AsyncDisposable {
  readonly dir: string;
  readonly server: StatusServer;
  readonly port: number;
  readonly token: string;
  readonly log: LogKeeper;
  readonly asked: string[];
  tcp(path: string, asked?: Asked): Promise<Answer>;
  socket(path: string, asked?: Asked): Promise<Answer>;
}

export function ask(
  where: { socketPath: string } | { host?: string; port: number },
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ ...where, path, method, headers, agent: false }, (response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

export async function openRig(
  more: Partial<StatusServerOptions> = {},
  snapshot: () => StatusSnapshot = () => statusWith(),
): Promise<DoorRig> {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-doors-'));
  const assetsDir = join(dir, 'page');
  mkdirSync(assetsDir);
  writeFileSync(join(assetsDir, 'page.js'), 'const a = 1;\n');
  writeFileSync(join(dir, 'outside.js'), 'secret');
  const clock = createClock();
  const history = createHistory(clock);
  history.add(snapshot());
  const log = createLogTail();
  const asked: string[] = [];
  const token = createPageToken(dir);
  const server = await openStatusServer(snapshot, {
    ...{ runtimeDir: dir, socketMode: 0o600, http: { host: '127.0.0.1', port: 0 }, token: token.secret, history, log },
    config: () => ({ file: '/etc/waymark/gateway.yaml', config: { version: 1, ztp: { token: 'file:/etc/t' } } }),
    schema: () => ({ type: 'object' }),
    metrics: () => '# HELP waymark_up Always 1.\n# TYPE waymark_up gauge\nwaymark_up 1\n',
    page: { html: ({ why }) => `<!doctype html><p>${why}</p>`, assetsDir },
    actions: {
      runPersonAction: (name) => {
        asked.push(name);
        return Promise.resolve({ message: `did ${name}` });
      },
      setLogLevel: (level) => {
        asked.push(`log ${level}`);
        return 'info';
      },
    },
    ...more,
  });
  const port = server.port ?? 0;
  return {
    ...{ dir, server, port, token: token.secret.reveal(), log, asked },
    tcp: (path, { headers, host = `127.0.0.1:${port}`, ...rest } = {}) =>
      ask({ port }, path, { ...rest, headers: { host, ...headers } }),
    socket: (path, options) => ask({ socketPath: server.socketPath }, path, options),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      token[Symbol.dispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
