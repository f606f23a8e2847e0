// A stand-in for a running agent's socket: answers by path, events on demand, and the level it was told.
import { createServer, type ServerResponse } from 'node:http';
import { socketPathIn } from '../../src/status/index.js';

export interface FakeDoor extends AsyncDisposable {
  /** Every change of the level it was told, in order: `trace 90` is one for a time. */
  readonly levels: string[];
  /** How many listen to its events. */
  listeners(): number;
  /** One event to everybody who listens. */
  emit(event: string, data: unknown): void;
  /** Ends all event streams, as an agent that restarts does. */
  hangUp(): void;
}

export async function openFakeDoor(
  runtimeDir: string,
  answers: Readonly<Record<string, unknown>> = {},
  { trace = [] }: { trace?: readonly object[] } = {},
): Promise<FakeDoor> {
  const levels: string[] = [];
  const listening = new Set<ServerResponse>();
  const everything = new WeakSet<ServerResponse>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === '/events') {
      // Without it an agent tells nobody what is below info.
      if (request.url?.endsWith('?level=trace')) everything.add(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
      listening.add(response);
      response.on('close', () => listening.delete(response));
      return;
    }
    if (path === '/api/v1/modem/trace') {
      response.writeHead(200).write(`${trace.map((line) => JSON.stringify(line)).join('\n')}\n`);
      return;
    }
    if (path === '/api/v1/log/level') {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { level: asked, forSeconds } = JSON.parse(body) as { level: string; forSeconds?: number };
        levels.push(forSeconds === undefined ? asked : `${asked} ${forSeconds}`);
        response.end(JSON.stringify({ level: asked, before: 'info' }));
      });
      return;
    }
    const answer = answers[path];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((done) => server.listen(socketPathIn(runtimeDir), done));
  return {
    levels,
    listeners: () => listening.size,
    emit: (event, data) =>
      [...listening]
        .filter((each) => everything.has(each) || (data as { level?: string }).level !== 'trace')
        .forEach((each) => each.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)),
    hangUp() {
      for (const each of listening) each.end();
      listening.clear();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
