// The same over real sockets: resets, ends and unpacking depend on the streams themselves.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createClock, deferred, silentLogger, type WaymarkError } from '../../../src/core/index.js';
import { createNtripCorrections, type OpenNtrip } from '../../../src/services/index.js';
import { rtcmFrame } from './frames.js';

const RTCM = rtcmFrame(1077, 300);

const open: OpenNtrip = async ({ host, port }) => {
  const socket = connect({ host, port });
  await once(socket, 'connect');
  return socket;
};

/** Runs a source against `serve` until `enough` bytes have come or the session has ended. */
async function against(
  serve: (socket: Socket) => void,
  enough = Number.POSITIVE_INFINITY,
  then: 'abort' | 'reset' = 'abort',
) {
  const peers = new Set<Socket>();
  const server = createServer((socket) => {
    peers.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => serve(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const got: Buffer[] = [];
  const full = deferred<undefined>();
  const controller = new AbortController();
  const source = createNtripCorrections(
    {
      open,
      clock: createClock(),
      log: silentLogger,
      position: { current: () => undefined, whenKnown: () => Promise.reject(new Error('not asked')) },
      sink: {
        feed: (_kind, bytes) => {
          got.push(Buffer.from(bytes));
          if (Buffer.concat(got).length >= enough) full.resolve(undefined);
          return undefined;
        },
        get framesTaken() {
          return got.length;
        },
        restart: () => undefined,
        setKeys: () => undefined,
      },
    },
    {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      tls: false,
      mountPoint: 'NEAR-RTCM',
      protocol: 'auto',
      ggaSeconds: 0,
      mga: false,
      silence: { resubscribeMs: 30_000, reconnectMs: 60_000 },
      agentVersion: '1',
    },
  );
  const ended = source
    .run({ signal: controller.signal, onState: () => undefined })
    .catch((error: unknown) => error as WaymarkError);
  await Promise.race([full.promise, ended]);
  if (then === 'reset') for (const peer of peers) peer.resetAndDestroy();
  else controller.abort(new Error('enough'));
  const error = await ended;
  for (const peer of peers) peer.destroy();
  server.close();
  return { got: Buffer.concat(got), error };
}

describe('over sockets', () => {
  test('a reset in the middle of a frame is net.closed, what came was passed on', async () => {
    const { got, error } = await against(
      (socket) => {
        socket.write(Buffer.concat([Buffer.from('ICY 200 OK\r\n'), RTCM, RTCM.subarray(0, 100)]));
      },
      RTCM.length + 100,
      'reset',
    );
    expect(error.code).toBe('net.closed');
    expect(got).toEqual(Buffer.concat([RTCM, RTCM.subarray(0, 100)]));
  });

  test.each([
    ['per chunk', true],
    ['as a whole', false],
  ])('chunked and packed %s', async (_how, isPerChunk) => {
    const halves = [RTCM, RTCM];
    const packed = isPerChunk
      ? halves.map((h) => gzipSync(h))
      : (() => {
          const all = gzipSync(Buffer.concat(halves));
          return [all.subarray(0, 25), all.subarray(25)];
        })();
    const { got } = await against((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n');
      for (const part of packed)
        socket.write(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]));
    }, 2 * RTCM.length);
    expect(got).toEqual(Buffer.concat(halves));
  });

  test('the end of the chunks is the end of the stream', async () => {
    const { error } = await against((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    });
    expect(error.code).toBe('net.closed');
  });
});
