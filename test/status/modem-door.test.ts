import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock, WaymarkError } from '../../src/core/index.js';
import {
  followTrace,
  openStatusServer,
  postModemAt,
  type StatusActions,
  type StatusServer,
  type StatusSnapshot,
  type TraceLine,
} from '../../src/status/index.js';

const clock = createClock();
const nothing = () => ({}) as StatusSnapshot;

interface Door extends AsyncDisposable {
  readonly dir: string;
  readonly server: StatusServer;
}

async function openDoor(actions: StatusActions | undefined, http?: { host: string; port: number }): Promise<Door> {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-door-'));
  const server = await openStatusServer(nothing, { runtimeDir: dir, socketMode: 0o600, http, actions });
  return {
    dir,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Answer {
  status: number;
  body: { error?: { code?: string; message?: string; hint?: string }; lines?: string[]; final?: string };
}

const JSON_TYPE = { 'content-type': 'application/json' };

async function ask(
  where: { socketPath: string } | { port: number },
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { path = '/api/v1/modem/at', method = 'POST', headers = JSON_TYPE, body = '' } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({ ...where, path, method, headers }, resolve);
    call.on('error', reject);
    call.end(body);
  });
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] };
}

const echo: StatusActions = {
  modemAt: ({ command, unsafe }) => Promise.resolve({ lines: [command, String(unsafe)], final: 'OK' }),
};

test('a command is answered with its lines and its final result', async () => {
  await using door = await openDoor(echo);
  expect(await postModemAt(door.dir, clock, { command: 'AT+CSQ', unsafe: false })).toEqual({
    lines: ['AT+CSQ', 'false'],
    final: 'OK',
  });
});

test('over TCP the modem is out of reach, whatever is asked', async () => {
  await using door = await openDoor(echo, { host: '127.0.0.1', port: 0 });
  const where = { port: door.server.port ?? 0 };
  for (const [path, method] of [
    ['/api/v1/modem/at', 'POST'],
    ['/api/v1/modem/at', 'GET'],
    ['/api/v1/modem/trace', 'GET'],
    ['/api/v1/modem/trace?x=1', 'GET'],
    ['/api/v1/modem/', 'GET'],
  ] as const)
    expect(
      (await ask(where, { path, method, ...(method === 'POST' ? { body: '{"command":"AT"}' } : {}) })).status,
    ).toBe(403);
});

test('only POST of small JSON of the right shape reaches the modem', async () => {
  let reached = 0;
  await using door = await openDoor({
    modemAt() {
      reached++;
      return Promise.resolve({ lines: [], final: 'OK' });
    },
  });
  const { socketPath } = door.server;
  const status = async (options: Parameters<typeof ask>[1]): Promise<number> =>
    (await ask({ socketPath }, options)).status;
  const good = '{"command":"AT","unsafe":false}';
  expect(await status({ method: 'GET' })).toBe(405);
  expect(await status({ method: 'PUT', body: good })).toBe(405);
  expect(await status({ headers: {}, body: good })).toBe(415);
  expect(await status({ headers: { 'content-type': 'text/plain' }, body: good })).toBe(415);
  expect(await status({ headers: { 'content-type': 'application/jsonp' }, body: good })).toBe(415);
  expect(await status({ body: `{"command":"AT${' '.repeat(5000)}"}` })).toBe(413);
  expect(await status({ body: `{"command":"AT${' '.repeat(5_000_000)}"}` })).toBe(413);
  for (const body of ['', '{', 'null', '[]', '"AT"', '{"command":1}', '{"command":"AT","unsafe":"yes"}'])
    expect(await status({ body })).toBe(400);
  for (const timeoutMs of [0, -1, 1e9, '"5"', null])
    expect(await status({ body: `{"command":"AT","timeoutMs":${timeoutMs}}` })).toBe(400);
  expect(reached).toBe(0);
  expect(await status({ body: good })).toBe(200);
  expect(await status({ headers: { 'content-type': 'application/json; charset=utf-8' }, body: good })).toBe(200);
  expect(reached).toBe(2);
  expect(await status({ path: '/api/v1/modem/other', body: good })).toBe(404);
});

test('an error comes over the socket as it was thrown: code, words and cure', async () => {
  const thrown = [
    [new WaymarkError('cli.usage', 'not sent: no', { hint: 'Type another.' }), 403],
    [new WaymarkError('modem.error', 'AT+X: not allowed'), 502],
    [new WaymarkError('sim.absent', 'no SIM'), 502],
    [new WaymarkError('modem.timeout', 'AT+X: late'), 504],
    [new WaymarkError('link.closed', 'gone'), 503],
    [new TypeError('a defect'), 500],
  ] as const;
  for (const [error, status] of thrown) {
    await using door = await openDoor({ modemAt: () => Promise.reject(error) });
    const answer = await ask({ socketPath: door.server.socketPath }, { body: '{"command":"AT"}' });
    expect(answer.status).toBe(status);
    expect(answer.body.error?.hint).toMatch(/.{5}/);
    await expect(postModemAt(door.dir, clock, { command: 'AT', unsafe: false })).rejects.toMatchObject(
      error instanceof WaymarkError
        ? { code: error.code, message: error.message, hint: error.hint }
        : { code: 'core.internal' },
    );
  }
});

test('an agent without a modem says so, and no agent at all is told apart from it', async () => {
  await using door = await openDoor(undefined);
  const asked = { command: 'AT', unsafe: false };
  await expect(postModemAt(door.dir, clock, asked)).rejects.toMatchObject({ code: 'link.absent' });
  await expect(postModemAt(join(door.dir, 'none'), clock, asked)).rejects.toMatchObject({ code: 'status.unavailable' });
  const { signal } = new AbortController();
  await expect(followTrace(door.dir, clock, { onLine: () => {}, signal })).rejects.toMatchObject({
    code: 'link.absent',
  });
  await expect(followTrace(join(door.dir, 'none'), clock, { onLine: () => {}, signal })).rejects.toMatchObject({
    code: 'status.unavailable',
  });
});

test('a command that takes too long is given up, and so is one whose asker has gone', async () => {
  const aborts: string[] = [];
  let asked = 0;
  await using door = await openDoor({
    modemAt: (_request, signal) =>
      new Promise((_resolve, reject) => {
        asked++;
        signal.addEventListener('abort', () => {
          const reason = signal.reason as WaymarkError;
          aborts.push(reason.code);
          reject(reason);
        });
      }),
  });
  await expect(postModemAt(door.dir, clock, { command: 'AT', unsafe: false, timeoutMs: 50 })).rejects.toMatchObject({
    code: 'core.timeout',
  });
  const leave = new AbortController();
  const call = postModemAt(door.dir, clock, { command: 'AT', unsafe: false }, leave.signal);
  while (asked < 2) await new Promise((done) => setTimeout(done, 5));
  leave.abort(new WaymarkError('core.cancelled', 'left'));
  await expect(call).rejects.toMatchObject({ code: 'core.cancelled' });
  while (aborts.length < 2) await new Promise((done) => setTimeout(done, 5));
  expect(aborts).toEqual(['core.timeout', 'core.cancelled']);
});

/** A dialogue that tests speak into. */
function dialogue(recent: readonly TraceLine[] = []) {
  const followers = new Set<(line: TraceLine) => void>();
  const actions: StatusActions = {
    followTrace(onLine) {
      followers.add(onLine);
      return { recent, stop: () => void followers.delete(onLine) };
    },
  };
  const say = (text: string): void => {
    for (const follower of followers) follower({ atMs: 1, direction: '<', text });
  };
  return { actions, followers, say };
}

const until = async (fact: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!fact()) {
    if (performance.now() > end) throw new Error('not in time');
    await new Promise((done) => setTimeout(done, 5));
  }
};

test('a follower gets what was said lately, then each line; when it goes, nothing is left behind', async () => {
  const { actions, followers, say } = dialogue([{ atMs: 0, direction: '>', text: 'AT' }]);
  await using door = await openDoor(actions);
  const heard: string[] = [];
  const leave = new AbortController();
  const following = followTrace(door.dir, clock, {
    onLine: ({ direction, text }) => void heard.push(`${direction}${text}`),
    signal: leave.signal,
  });
  await until(() => heard.length === 1);
  say('OK');
  say('\u001b[2J\u009b1m');
  await until(() => heard.length === 3);
  expect(heard).toEqual(['>AT', '<OK', '<\u001b[2J\u009b1m']);
  leave.abort();
  await following;
  await until(() => followers.size === 0);
});

test('the end of the agent ends a follower with a reason', async () => {
  const { actions, followers } = dialogue();
  const door = await openDoor(actions);
  const following = followTrace(door.dir, clock, { onLine: () => {}, signal: new AbortController().signal });
  const failure = expect(following).rejects.toMatchObject({ code: 'status.unavailable' });
  await until(() => followers.size === 1);
  await door[Symbol.asyncDispose]();
  await failure;
  await until(() => followers.size === 0);
});

test('a reader that is too slow loses the oldest lines and is told how many; the agent keeps no more than a few hundred', async () => {
  const { actions, followers, say } = dialogue();
  await using door = await openDoor(actions);
  const socket = connect(door.server.socketPath);
  let text = '';
  socket.pause();
  socket.write('GET /api/v1/modem/trace HTTP/1.1\r\nhost: x\r\n\r\n');
  await until(() => followers.size === 1);
  const COUNT = 20_000;
  for (let n = 0; n < COUNT; n++) {
    say(`${n} ${'x'.repeat(200)}`);
    if (n % 500 === 0) await new Promise((done) => setImmediate(done));
  }
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.resume();
  await until(() => text.includes(`"${COUNT - 1} x`));
  const dropped = [...text.matchAll(/\{"dropped":(\d+)\}/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  const numbers = [...text.matchAll(/"text":"(\d+) x/g)].map(([, n]) => Number(n));
  expect(dropped).toBeGreaterThan(0);
  expect(numbers.length + dropped).toBe(COUNT);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  socket.destroy();
  await until(() => followers.size === 0);
});

test('followers cannot take all places at the door', async () => {
  const { actions, followers } = dialogue();
  await using door = await openDoor(actions);
  const leave = new AbortController();
  const all = Array.from({ length: 4 }, () => followTrace(door.dir, clock, { onLine: () => {}, signal: leave.signal }));
  await until(() => followers.size === 4);
  await expect(followTrace(door.dir, clock, { onLine: () => {}, signal: leave.signal })).rejects.toMatchObject({
    code: 'modem.busy',
  });
  leave.abort();
  await Promise.all(all);
  await until(() => followers.size === 0);
  const again = new AbortController();
  const next = followTrace(door.dir, clock, { onLine: () => {}, signal: again.signal });
  await until(() => followers.size === 1);
  again.abort();
  await next;
});
