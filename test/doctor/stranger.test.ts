// An ordinary user who looks at the service's gateway: nobody tells them to make its files theirs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { onlyFor, seenByStranger } from '../../src/agent/doctor/stranger.js';
import type { Finding } from '../../src/agent/doctor/types.js';
import { doctorUser } from '../../src/agent/doctor/visitor.js';

const roots = { sys: '/sys', dev: '/dev', proc: '/proc' };

test('a stranger’s own rights say nothing about the gateway', () => {
  const closed: Finding = {
    is: 'fail',
    sentence: '/dev/ttyUSB2: permission denied',
    cure: 'x',
    code: 'link.permission',
  };
  const left = { is: 'skipped', sentence: 'can only be looked at as waymark or root' };
  expect(seenByStranger('module', closed, 'waymark')).toEqual(left);
  expect(seenByStranger('receiver', closed, 'waymark')).toEqual(left);
  const skipped: Finding = { is: 'skipped', sentence: 'first comes: /dev/ttyACM0: permission denied' };
  expect(seenByStranger('receiver', skipped, 'waymark')).toEqual(left);
  // Judged by the rights of the gateway's user.
  expect(seenByStranger('serial-permission', closed, 'waymark')).toBe(closed);
  const authority: Finding = { is: 'fail', sentence: 'ca.pem: EACCES', cure: 'x', code: 'config.unreadable' };
  expect(seenByStranger('services', authority, 'waymark')).toEqual(left);
  const absent: Finding = { ...authority, sentence: 'ca.pem: ENOENT' };
  expect(seenByStranger('services', absent, 'waymark')).toBe(absent);
  expect(onlyFor('root')).toBe('root');
});

test('whose the state directory is, is whose gateway it is', async ({ onTestFinished }) => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-stranger-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const configFile = join(dir, 'gateway.yaml');
  const look = async (stateDir: string) => {
    writeFileSync(configFile, `version: 1\nstateDir: ${stateDir}\ngnss: {}\n`);
    return (await doctorUser({ roots, configFile, named: undefined })).user.uid;
  };
  // Root's tests play somebody else.
  const euid = vi.spyOn(process, 'geteuid');
  onTestFinished(() => euid.mockRestore());
  const me = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);
  euid.mockReturnValue(me);
  expect(await look('/')).toBe(0);
  expect(await look(join(dir, 'none'))).toBe(me);
});
