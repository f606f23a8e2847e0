// The status doors as this agent opens them: what it has to show, and the token its page acts with.
import { join } from 'node:path';
import type { Config } from '../config/index.js';
import type { Clock, Logger } from '../core/index.js';
import {
  createPageToken,
  type HistoryKeeper,
  type LogTail,
  openStatusServer,
  type StatusActions,
  type StatusServerOptions,
  type StatusSnapshot,
} from '../status/index.js';

export interface DoorDeps {
  config: Config;
  configFile: string | undefined;
  clock: Clock;
  log: Logger;
  snapshot: () => StatusSnapshot;
  actions: StatusActions;
  history: HistoryKeeper;
  logTail: LogTail | undefined;
  isReady: () => boolean;
  onChange: (listener: () => void) => () => void;
  /** Another port when the configured one is taken (the demo). */
  isAnyPortFine: boolean;
}

export interface AgentDoors extends AsyncDisposable {
  /** Where the page is; undefined when TCP is off. */
  readonly page: StatusSnapshot['page'];
}

/** Beside this bundle: dist/lib/waymark.cjs and dist/page. */
export const pageFolder = (): string => join(typeof __dirname === 'string' ? __dirname : process.cwd(), '..', 'page');

/** Loaded when somebody asks: it is large, and few do. */
const configSchema = async (): Promise<unknown> =>
  (await import('../../config/waymark.schema.json', { with: { type: 'json' } })).default;

const REFERENCE = /^(?:file|credential|env):/;

/**
 * The configuration with each reference as `{ref}`: as a plain text under a name like `token` it would be taken for the
 * secret itself, and scrubbed.
 */
function shownConfig(value: unknown): unknown {
  if (typeof value === 'string') return REFERENCE.test(value) ? { ref: value } : value;
  if (Array.isArray(value)) return value.map(shownConfig);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shownConfig(member)]));
}

const LOOPBACK = /^(?:localhost|127\.[\d.]+|::1)$/;

function urlOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}/`;
}

/** Errors: `link.busy`, `link.permission`. */
export async function openDoors(deps: DoorDeps): Promise<AgentDoors> {
  const { config, configFile, clock, log, snapshot, actions, history, logTail, isReady, onChange } = deps;
  const { http, socketMode } = config.status;
  const token = http && createPageToken(config.runtimeDir);
  const options: StatusServerOptions = {
    ...{ runtimeDir: config.runtimeDir, socketMode: Number.parseInt(socketMode, 8), clock },
    ...{ actions, history, log: logTail, isReady, onChange, token: token?.secret },
    http: http && { ...http, orAnyPort: deps.isAnyPortFine },
    config: () => ({ ...(configFile === undefined ? {} : { file: configFile }), config: shownConfig(config) }),
    schema: configSchema,
  };
  const server = await openStatusServer(snapshot, options).catch((error: unknown) => {
    token?.[Symbol.dispose]();
    throw error;
  });
  if (http && !LOOPBACK.test(http.host))
    log.warn(
      'status.exposed',
      { host: http.host },
      'Whoever reaches this address can read the status, the position included, and nobody is asked who he is.',
    );
  const page =
    http && token && server.port !== undefined
      ? { url: urlOf(http.host, server.port), tokenFile: token.file }
      : undefined;
  return {
    page,
    async [Symbol.asyncDispose]() {
      token?.[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
