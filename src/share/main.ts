// `waymark page share`, the process: a bundle of its own (dist/share), because certificate and QR code are nothing the agent
// should ever load. Told what to do by one JSON argument (cli/share-process.ts); ends with its time, SIGTERM, SIGINT, or
// when the program that started it is gone.
import { networkInterfaces } from 'node:os';
import { createClock, createOutput, deferred, exitCodeOf, toWaymarkError, WaymarkError } from '../core/index.js';
import { duration } from '../status/index.js';
import { localAddress } from './address.js';
import { makeCertificate } from './certificate.js';
import { qrLines } from './qr.js';
import { openShare } from './server.js';

interface ShareRequest {
  runtimeDir: string;
  forMs: number;
  host?: string;
  port: number;
  readOnly: boolean;
  json: boolean;
}

process.umask(0o077);
const stdout = createOutput(process.stdout);
const screen = createOutput(process.stdout, { painted: true });
const stderr = createOutput(process.stderr);

function tell(url: string, fingerprint: string, { json, readOnly, forMs }: ShareRequest): void {
  if (json) {
    stdout.write(`${JSON.stringify({ url, fingerprint, forMs, readOnly })}\n`);
    return;
  }
  stdout.write(
    `The page for ${duration(forMs)}, ${readOnly ? 'for looking only' : 'with its buttons'}:\n\n  ${url}\n\n`,
  );
  if (process.stdout.isTTY) screen.write(`${qrLines(url).join('\n')}\n\n`);
  const half = fingerprint.length / 2 + 0.5;
  stdout.write('The browser warns of the certificate. Go on only if its SHA-256 fingerprint is this one:\n\n');
  stdout.write(`  ${fingerprint.slice(0, half)}\n  ${fingerprint.slice(half)}\n\n`);
  stdout.write('The address opens the page once. Ctrl-C ends it.\n');
}

async function share(asked: ShareRequest): Promise<number> {
  const clock = createClock();
  const host = asked.host ?? localAddress(networkInterfaces());
  if (host === undefined)
    throw new WaymarkError('share.cannot-open', 'this machine has no address on a local network', {
      hint: 'Name one with --host; never that of the cellular connection.',
    });
  const over = deferred<undefined>();
  const certificate = await makeCertificate(host, clock.wall());
  const { runtimeDir, port, readOnly, forMs } = asked;
  await using server = await openShare({
    ...{ runtimeDir, host, port, forMs, certificate, clock, isReadOnly: readOnly },
    onOpened(address) {
      if (!asked.json) stderr.write(`Opened from ${address}. For another device:\n`);
      tell(server.url(), certificate.fingerprint, asked);
    },
  });
  tell(server.url(), certificate.fingerprint, asked);
  const limit = clock.deadline(forMs, () => over.resolve(undefined));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => over.resolve(undefined));
  process.on('disconnect', () => over.resolve(undefined));
  process.on('SIGPIPE', () => undefined);
  await over.promise;
  limit.cancel();
  if (!asked.json) stderr.write('The page is not shared any more.\n');
  return 0;
}

void share(JSON.parse(process.argv[2] ?? '{}') as ShareRequest).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { message, hint, code } = toWaymarkError(error);
    stderr.write(`waymark: ${message}\n  → ${hint} [${code}]\n`);
    process.exit(exitCodeOf(error));
  },
);
