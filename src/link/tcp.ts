// A device behind a socket (`tcp://host:port`): a serial server, a remote receiver, a simulator. Same rules as a port.
import { connect } from 'node:net';
import { abortReason, type ErrorCode, onAbort, WaymarkError } from '../core/index.js';
import { createLinkOver } from './base.js';
import type { Link, LinkTarget } from './link.js';
import type { LinkDeps } from './serial.js';

const CONNECT_LIMIT_MS = 10_000;
/** Only the write deadline uses it: slower than any network we would drive a device over. */
const ASSUMED_BAUD = 115_200;

function failure(address: string, error: NodeJS.ErrnoException): WaymarkError {
  const code: ErrorCode = error.code === 'EACCES' || error.code === 'EPERM' ? 'link.permission' : 'link.absent';
  return new WaymarkError(code, `${address}: ${error.message}`, { cause: error });
}

/** Host and port of a `tcp://` address; IPv6 hosts stand in brackets. Errors: `link.absent`. */
function parseAddress(address: string): { host: string; port: number } {
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.%]{2,80})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})\/?$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535))
    throw new WaymarkError('link.absent', `${address}: not of the form tcp://host:port`);
  return { host, port };
}

/** Connects. Errors: `link.absent` (refused, unknown, silent), `link.permission`, the abort reason. */
export async function openTcp(deps: LinkDeps, target: LinkTarget, signal?: AbortSignal): Promise<Link> {
  const { clock, log } = deps;
  const { address } = target;
  if (signal?.aborted) throw abortReason(signal);
  const socket = connect({ ...parseAddress(address), noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
  await new Promise<void>((resolve, reject) => {
    const give = (error: Error): void => {
      limit.cancel();
      off();
      socket.destroy();
      reject(error);
    };
    const limit = clock.deadline(CONNECT_LIMIT_MS, () =>
      give(new WaymarkError('link.absent', `${address}: no answer within ${CONNECT_LIMIT_MS / 1000} s`)),
    );
    const off = onAbort(signal, () => {
      if (signal) give(abortReason(signal));
    });
    socket.once('error', (error) => give(failure(address, error)));
    socket.once('connect', () => {
      limit.cancel();
      off();
      socket.removeAllListeners('error');
      resolve();
    });
  });
  const driven = createLinkOver({
    name: address,
    clock,
    log,
    baudRate: ASSUMED_BAUD,
    transport: {
      write(bytes, done) {
        if (socket.destroyed) done(new Error('connection is closed'));
        else socket.write(bytes, done);
      },
      close: () =>
        new Promise((resolve) => {
          if (socket.closed) resolve();
          else {
            socket.once('close', () => resolve());
            socket.destroy();
          }
        }),
    },
  });
  const gone = (why: string): void => driven.gone(new WaymarkError('link.closed', `${address}: ${why}`));
  socket.on('error', (error) => gone(error.message));
  socket.on('end', () => gone('closed by the far side'));
  socket.on('close', () => gone('closed'));
  socket.on('data', (chunk) => driven.arrived(chunk));
  return driven.link;
}
