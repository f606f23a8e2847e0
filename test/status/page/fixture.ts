// A gateway that never was: speaks what the page speaks with the doors, says what a test wants it to say.

import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { HistoryPosition, LogEntry, StatusSnapshot } from '../../../src/status/index.js';
import { PERSON_ACTIONS } from '../../../src/status/index.js';
import { renderPage } from '../../../src/status/page/render.js';

const ROOT = join(import.meta.dirname, '../../..');

export const TOKEN = 'a-token-of-the-fixture-0123456789';

/** A gateway that serves, as the demo once was. */
export const servingSnapshot = (): StatusSnapshot => ({
  ...(JSON.parse(readFileSync(join(import.meta.dirname, 'snapshot.json'), 'utf8')) as StatusSnapshot),
  latency: { ms: 84, of: 'confirmation', service: 'losant', ageMs: 3000 },
});

/** The same with its module pulled out. */
export function pulledSnapshot(): StatusSnapshot {
  const status = servingSnapshot();
  const lamps = status.lamps.map((lamp) => {
    if (lamp.name === 'modem')
      return {
        name: 'modem' as const,
        state: 'dark' as const,
        since: new Date(Date.parse(status.startedAt) + status.uptimeMs - 4000).toISOString(),
        reason: 'link.absent',
        message: 'the module is unplugged or off',
        detail: '/dev/serial/by-id/usb-Telit_LE910C1-if03-port0: the far side hung up',
        hint: 'Look at the cable and the power of the module.\nWith a hub, try another of its ports: waymark modem list',
        next: 'the port is looked for again',
        nextInMs: 9000,
      };
    if (lamp.name === 'sim' || lamp.name === 'network') {
      const { detail: _gone, ...rest } = lamp;
      return { ...rest, state: 'waiting' as const };
    }
    return lamp;
  });
  return {
    ...status,
    overall: 'degraded',
    state: 'degraded',
    why: 'degraded: modem lost (the module is unplugged or off)',
    next: 'the port is looked for until it is back',
    lamps,
  };
}

const position = (atMs: number, i: number): HistoryPosition => ({
  atMs,
  latitudeDeg: 48.2082 + 9e-8 * Math.sin(i * 12.9898) * Math.cos(i * 3.1),
  longitudeDeg: 16.3738 + 1.3e-7 * Math.sin(i * 78.233) * Math.cos(i * 1.7),
  accuracyM: 0.014,
  quality: 'rtk_fixed',
});

function row(atMs: number, i: number): Record<string, unknown> {
  const isHole = i % 200 > 150 && i % 200 < 170;
  return {
    atMs,
    signalDbm: isHole ? null : Math.round(-95 + 4 * Math.sin(i / 40) + Math.sin(i * 5)),
    correctionAgeMs: isHole ? null : 400 + (i % 5) * 900,
    latencyMs: 90 + 30 * Math.abs(Math.sin(i / 9)),
    bytesIn: i % 5 === 0 ? 1400 : 210,
    bytesOut: i % 10 === 0 ? 480 : 12,
  };
}

function history(seconds: number): unknown {
  const stepMs = seconds <= 600 ? 1000 : seconds <= 21_600 ? 60_000 : 900_000;
  const count = Math.min(600, Math.floor((seconds * 1000) / stepMs));
  const now = Date.now();
  const rows = Array.from({ length: count }, (_, i) => row(now - (count - i) * stepMs, i));
  const column = (name: string): unknown[] => rows.map((each) => each[name]);
  const series = Object.fromEntries(
    ['signalDbm', 'correctionAgeMs', 'latencyMs', 'bytesIn', 'bytesOut'].map((name) => [name, column(name)]),
  );
  return {
    schemaVersion: 1,
    stepMs,
    atMs: column('atMs'),
    series,
    positions: Array.from({ length: Math.min(count, 300) }, (_, i) => position(now - i * 1000, i)),
  };
}

const LINES: readonly LogEntry[] = [
  {
    id: 1,
    atMs: 1795730800000,
    level: 'info',
    component: 'modem.channel',
    event: 'modem.up',
    fields: { model: 'LE910C1-EUX' },
  },
  { id: 2, atMs: 1795730804000, level: 'info', event: 'network.up', message: 'registered, home, LTE', fields: {} },
  { id: 3, atMs: 1795730806000, level: 'warn', component: 'ntrip', event: 'session.slow', fields: { ms: 2400 } },
  {
    id: 4,
    atMs: 1795730807000,
    level: 'error',
    component: 'losant',
    event: 'cloud.refused',
    message: 'refused: 403',
    fields: { code: 'losant.refused' },
  },
  {
    id: 5,
    atMs: 1795730808000,
    level: 'info',
    event: 'session.up',
    message: '<img src=x onerror=alert(1)>',
    fields: { mountPoint: 'NEAR-SPARTN' },
  },
];

const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

export interface Fixture extends AsyncDisposable {
  readonly url: string;
  /** What is told from now on. */
  say(status: StatusSnapshot): void;
  /** Breaks all event streams; while `isDown` no new one is taken. */
  cut(isDown: boolean): void;
  readonly asked: string[];
}

export async function openFixture(first: StatusSnapshot): Promise<Fixture> {
  let status = first;
  let isDown = false;
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  const event = (stream: ServerResponse, name: string, data: unknown): void => {
    stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    const json = (code: number, body: unknown): void => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
    );
    asked.push(`${request.method ?? ''} ${url.pathname}`);
    const asset = /^\/assets\/([a-zA-Z]+\.(js|css|svg))$/.exec(url.pathname);
    if (url.pathname === '/') response.setHeader('content-type', 'text/html; charset=utf-8').end(renderPage(status));
    else if (asset)
      response
        .setHeader('content-type', TYPES[asset[2] ?? ''] ?? '')
        .end(readFileSync(join(ROOT, 'dist/page', asset[1] ?? '')));
    else if (isDown) response.destroy();
    else if (url.pathname === '/api/v1/status') json(200, status);
    else if (url.pathname === '/api/v1/history') json(200, history(Number(url.searchParams.get('seconds'))));
    else if (url.pathname === '/api/v1/log') json(200, { schemaVersion: 1, entries: LINES });
    else if (url.pathname === '/api/v1/actions' && request.method === 'GET')
      json(200, {
        schemaVersion: 1,
        actions: Object.entries(PERSON_ACTIONS).map(([name, action]) => ({ name, ...action })),
      });
    else if (url.pathname === '/api/v1/actions')
      if (request.headers.authorization === `Bearer ${TOKEN}`) json(200, { message: 'Asked for corrections again.' });
      else json(401, { error: 'the token is missing or wrong' });
    else if (url.pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      event(response, 'status', status);
    } else json(404, { error: 'not found' });
  });
  const tick = setInterval(() => {
    status = { ...status, uptimeMs: status.uptimeMs + 1000 };
    for (const stream of streams) {
      event(stream, 'status', status);
      const atMs = Date.now();
      event(stream, 'history', { ...row(atMs, Math.round(atMs / 1000)), position: position(atMs, atMs % 1000) });
    }
  }, 1000);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    say(next) {
      status = next;
      for (const stream of streams) event(stream, 'status', status);
    },
    cut(down) {
      isDown = down;
      for (const stream of streams) stream.destroy();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(tick);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
