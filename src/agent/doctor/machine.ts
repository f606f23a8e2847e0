// The real machine, as the doctor looks at it.
import { execFile } from 'node:child_process';
import { type LookupAddress, lookup } from 'node:dns';
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../core/index.js';
import { silentLogger } from '../../core/index.js';
import { checkSerialDriver, createLinkOpener, type PortHolder, type Roots } from '../../link/index.js';
import { createHostDialer } from '../../net/index.js';
import type { DoctorMachine } from './types.js';
import type { User } from './users.js';

export interface MachineOptions {
  clock: Clock;
  roots: Roots;
  user: User;
  seenHolders?: ReadonlyMap<string, readonly PortHolder[]>;
}

const HELPER_MS = 3000;

const resolve = (host: string): Promise<readonly LookupAddress[]> =>
  new Promise((done, failed) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) failed(error);
      else done(addresses);
    });
  });

async function free(path: string): Promise<{ bytes: number; inodes: number } | undefined> {
  try {
    const { bavail, bsize, ffree, files } = await statfs(path);
    // Some file systems count no inodes.
    return { bytes: bavail * bsize, inodes: files === 0 ? Number.POSITIVE_INFINITY : ffree };
  } catch {
    return undefined;
  }
}

const ask = (program: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((done) => {
    execFile(program, [...args], { timeout: HELPER_MS, maxBuffer: 65_536 }, (error, stdout) =>
      done(error ? undefined : stdout),
    );
  });

export function realMachine({ clock, roots, user, seenHolders }: MachineOptions): DoctorMachine {
  return {
    ...{ clock, roots, user, resolve, free, ask },
    ...(seenHolders ? { seenHolders } : {}),
    prefix: '',
    env: process.env,
    nodeVersion: process.versions.node,
    loadSerial: checkSerialDriver,
    open: createLinkOpener({ clock, log: silentLogger }),
    dial: createHostDialer({ clock }),
  };
}
