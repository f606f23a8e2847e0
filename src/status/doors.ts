// What lies behind each door of the table. Everything that is shown is a view of the one snapshot.
import { type Clock, LOG_LEVELS, WaymarkError } from '../core/index.js';
import { act, sendActions, setLogLevel } from './act-door.js';
import { COMMON_HEADERS, send } from './answer.js';
import { createEventsDoor } from './events-door.js';
import { MAX_HISTORY_SECONDS } from './history.js';
import { createLevelLease } from './level-lease.js';
import { createModemDoor } from './modem-door.js';
import { sendAsset, sendPage } from './page-door.js';
import { type Handlers, type Visit, wholeOf } from './router.js';
import type { StatusServerOptions } from './server-options.js';
import type { StatusSnapshot } from './snapshot.js';
import { createTokenDoor } from './token-door.js';

const MAX_LOG_LINES = 500;

/** What the far side is reached by: the session, or where none is configured, the network. */
export function isConnected({ lamps }: StatusSnapshot): boolean {
  const stateOf = (name: string): string | undefined => lamps.find((lamp) => lamp.name === name)?.state;
  const session = stateOf('session');
  return (session === 'absent' ? stateOf('network') : session) === 'lit';
}

function there<T>(part: T | undefined, what: string): T {
  if (part === undefined) throw new WaymarkError('status.not-found', `this agent has no ${what} to show`);
  return part;
}

function sendLog({ response, query }: Visit, log: StatusServerOptions['log']): void {
  const asked = query.get('level') ?? 'info';
  const level = LOG_LEVELS.find((one) => one === asked);
  if (!level)
    throw new WaymarkError('status.request', `level is none of ${LOG_LEVELS.join(', ')}`, {
      hint: 'For example level=info.',
    });
  const limit = wholeOf(query, 'limit', { min: 1, max: MAX_LOG_LINES, standard: 200 });
  send(response, 200, { schemaVersion: 1, entries: there(log, 'log').recent({ level, limit }) });
}

function sendMetrics({ response }: Visit, text: string): void {
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

export interface Doors extends Disposable {
  readonly handlers: Handlers;
}

/** One set for each entrance. */
export function createDoors(snapshot: () => StatusSnapshot, options: StatusServerOptions, clock: Clock): Doors {
  const { actions = {}, history, log, config, schema, page, metrics, isReady = () => true, onChange } = options;
  const modem = createModemDoor(actions, clock);
  const token = createTokenDoor(actions, clock);
  const lease = actions.setLogLevel && createLevelLease(clock, (level) => actions.setLogLevel?.(level) ?? level);
  const events = createEventsDoor({ snapshot, onChange, history, log, clock });
  const handlers: Handlers = {
    page: ({ response }) => sendPage(response, page, snapshot()),
    asset: (visit) => sendAsset(visit, page),
    status: ({ response }) => send(response, 200, snapshot()),
    history: ({ response, query }) => {
      const seconds = wholeOf(query, 'seconds', { min: 1, max: MAX_HISTORY_SECONDS, standard: 3600 });
      send(response, 200, there(history, 'history').read(seconds));
    },
    log: (visit) => sendLog(visit, log),
    config: ({ response }) => send(response, 200, { schemaVersion: 1, ...there(config, 'configuration')() }),
    schema: async ({ response }) => send(response, 200, await there(schema, 'schema')()),
    actions: sendActions,
    act: (visit) => act(actions, clock, visit),
    // Loaded when somebody asks: it is large, and few do.
    openapi: async ({ response }) => {
      const { openApi } = await import('./openapi.js');
      send(response, 200, openApi(snapshot().version));
    },
    events: (visit) => events.open(visit),
    metrics: (visit) => sendMetrics(visit, there(metrics, 'metrics')(snapshot())),
    // Alive is not connected: a gateway without network is healthy.
    healthz: ({ response }) => send(response, 200, { alive: true }),
    readyz: ({ response }) => {
      const ready = isReady();
      const now = snapshot();
      send(response, ready ? 200 : 503, { ready, state: now.state, connected: isConnected(now) });
    },
    logLevel: (visit) => setLogLevel(lease, clock, visit),
    modemAt: ({ request, response }) => modem.at(request, response),
    modemTrace: ({ request, response }) => modem.trace(request, response),
    tokenTest: ({ request, response }) => token.handle('test', request, response),
    tokenRotate: ({ request, response }) => token.handle('rotate', request, response),
  };
  return {
    handlers,
    [Symbol.dispose]() {
      lease?.[Symbol.dispose]();
      events[Symbol.dispose]();
    },
  };
}
