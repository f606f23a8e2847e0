// What a check of the doctor is, and what comes out of it.
import type { LookupAddress } from 'node:dns';
import type { Clock, Dialer, ErrorCode } from '../../core/index.js';
import type { LinkOpener, PortHolder, Roots } from '../../link/index.js';
import type { User } from './users.js';

export const CHECK_IDS = [
  'node',
  'configuration',
  'state-directory',
  'secret-files',
  'serial-permission',
  'port',
  'port-holder',
  'modem-manager',
  'udev-rules',
  'module',
  'sim',
  'registration',
  'signal',
  'data-path',
  'dns',
  'services',
  'clock',
  'tokens',
  'power',
  'temperature',
  'memory',
  'receiver',
  'status-door',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** One thing a check has found out. A cure is one line, a command where there is one. */
export type Finding =
  | { is: 'ok'; sentence: string }
  | { is: 'warn' | 'fail'; sentence: string; cure: string; code?: ErrorCode | undefined }
  /** `after`: the check that has failed before, and whose cure comes first. */
  | { is: 'skipped'; sentence: string; after?: CheckId | undefined };

export interface CheckResult {
  id: CheckId;
  title: string;
  state: 'ok' | 'warn' | 'fail' | 'skipped';
  sentence: string;
  cure?: string;
  /** Of the error table, where there is one. */
  code?: string;
  /** Where the check and its cures are explained. */
  anchor: string;
  /** The failed check that comes first. */
  after?: CheckId;
  /** More of the same check, less urgent. */
  also?: readonly { state: 'warn' | 'fail'; sentence: string; cure: string; code?: string }[];
}

export interface DoctorReport {
  schemaVersion: 1;
  version: string;
  /** `agent`: a running agent was asked; `machine`: everything was looked at from here. */
  source: 'agent' | 'machine';
  checks: readonly CheckResult[];
  verdict: 'ok' | 'warnings' | 'failures';
}

/** Everything outside that checks look at: the real machine, or one laid out for a test. */
export interface DoctorMachine {
  clock: Clock;
  /** /sys, /dev and /proc. */
  roots: Roots;
  /** In front of /etc, /run, /lib and the like; empty on the real machine. */
  prefix: string;
  env: NodeJS.ProcessEnv;
  /** Whom the gateway runs as: whose rights are judged. */
  user: User;
  nodeVersion: string;
  /** Rejects with `link.driver` when the serial addon does not load. */
  loadSerial(): Promise<void>;
  open: LinkOpener;
  dial: Dialer;
  resolve(host: string): Promise<readonly LookupAddress[]>;
  /** Bytes and inodes that the user may still take on the file system of that path. */
  free(path: string): Promise<{ bytes: number; inodes: number } | undefined>;
  /** What was seen of holders with more rights than we have now. */
  seenHolders?: ReadonlyMap<string, readonly PortHolder[]>;
  /** The words of a helper program; undefined when there is none or it fails. */
  ask(program: string, args: readonly string[]): Promise<string | undefined>;
}

export interface CheckHead {
  id: CheckId;
  title: string;
  /** Checks without whose success this one says nothing. */
  needs: readonly CheckId[];
  /** Longest it may take. */
  deadlineMs: number;
  /** For the guide: what is looked at. */
  looksAt: string;
  /** For the guide: what is said and what helps. */
  cures: readonly (readonly [trouble: string, cure: string])[];
}

/** A check in two halves: what is so, and what that means. The second never looks at anything itself. */
export interface CheckSpec<D, F> extends CheckHead {
  gather(desk: D): Promise<F>;
  judge(facts: F): Finding | readonly Finding[];
}

export interface Check<D> extends CheckHead {
  examine(desk: D): Promise<readonly Finding[]>;
}

export function defineCheck<D, F>(spec: CheckSpec<D, F>): Check<D> {
  const { gather, judge, ...head } = spec;
  return { ...head, examine: async (desk) => [judge(await gather(desk))].flat() };
}

export const skipped = (sentence: string, after?: CheckId): Finding => ({
  is: 'skipped',
  sentence,
  ...(after ? { after } : {}),
});
export const ok = (sentence: string): Finding => ({ is: 'ok', sentence });
