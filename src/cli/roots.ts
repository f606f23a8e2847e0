// Where the machine's ports are read: the real places, or a tree laid out elsewhere.
import { resolve } from 'node:path';
import type { Command } from 'commander';

export interface RootFlags {
  sysRoot?: string;
  devRoot?: string;
  procRoot?: string;
}

export function withRoots(command: Command): Command {
  return command
    .option('--sys-root <dir>', 'read this instead of /sys')
    .option('--dev-root <dir>', 'read this instead of /dev')
    .option('--proc-root <dir>', 'read this instead of /proc');
}

export function rootsOf(flags: RootFlags): { sys: string; dev: string; proc: string } {
  const { sysRoot = '/sys', devRoot = '/dev', procRoot = '/proc' } = flags;
  return { sys: resolve(sysRoot), dev: resolve(devRoot), proc: resolve(procRoot) };
}
