import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock, WaymarkError } from '../../src/core/index.js';
import { openStatusServer, postToken, type StatusActions, type StatusSnapshot } from '../../src/status/index.js';

const clock = createClock();

async function openDoor(actions: StatusActions, http?: { host: string; port: number }) {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-token-door-'));
  const server = await openStatusServer(() => ({}) as StatusSnapshot, {
    runtimeDir: dir,
    socketMode: 0o600,
    http,
    actions,
  });
  return {
    dir,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ask(
  where: { socketPath: string } | { port: number },
  {
    path = '/api/v1/tokens/test',
    method = 'POST',
    type = 'application/json',
    body = '{"id":"losant-access-key"}',
  } = {},
): Promise<{ status: number; body: { error?: { code?: string } | string } }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request({ ...where, path, method, headers: { 'content-type': type } }, resolve);
    call.on('error', reject);
    call.end(body);
  });
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) as { error?: { code?: string } } };
}

test('a person asks by id, and hears what became of it', async () => {
  const asked: string[] = [];
  await using door = await openDoor({
    testToken: async (id) => void asked.push(`test ${id}`),
    rotateToken: (id) => {
      asked.push(`rotate ${id}`);
      return Promise.reject(new WaymarkError('token.not-rotated', `${id} stays`, { hint: 'Put another one there.' }));
    },
  });
  await postToken(door.dir, clock, { action: 'test', id: 'losant-access-key' });
  await expect(postToken(door.dir, clock, { action: 'rotate', id: 'thingspace-user' })).rejects.toMatchObject({
    code: 'token.not-rotated',
    hint: 'Put another one there.',
    retry: 'operator',
  });
  expect(asked).toEqual(['test losant-access-key', 'rotate thingspace-user']);
});

test.each<[string, Parameters<typeof ask>[1], number]>([
  ['another method', { method: 'GET' }, 405],
  ['a form of a page', { type: 'text/plain' }, 415],
  ['no JSON', { body: 'id=x' }, 400],
  ['a list', { body: '["losant-access-key"]' }, 400],
  ['no id', { body: '{"__proto__":{"id":"losant-access-key"}}' }, 400],
  ['an id that could be a path', { body: '{"id":"../../etc"}' }, 400],
  ['an id that is no text', { body: '{"id":7}' }, 400],
  ['a large body', { body: `{"id":"${'a'.repeat(5000)}"}` }, 413],
  ['another action', { path: '/api/v1/tokens/show' }, 404],
])('%s is refused and nothing is tried', async (_what, options, status) => {
  let tried = 0;
  await using door = await openDoor({
    testToken: async () => {
      tried++;
    },
  });
  expect((await ask({ socketPath: door.server.socketPath }, options)).status).toBe(status);
  expect(tried).toBe(0);
});

test('not over TCP', async () => {
  await using door = await openDoor({ testToken: async () => undefined }, { host: '127.0.0.1', port: 0 });
  const answer = await ask({ port: door.server.port ?? 0 });
  expect(answer).toMatchObject({ status: 403, body: { error: { code: 'status.local-only' } } });
});
