// A family is its file and its transcript: each transcript is replayed through the real channel and the real bring-up,
// whole and byte by byte, and everything the family says of itself must be in it.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFakeClock, Secret, silentLogger } from '../../src/core/index.js';
import { createAtChannel } from '../../src/modem/channel.js';
import { createModem, type ModemOptions } from '../../src/modem/index.js';
import type { Profile, Reading } from '../../src/modem/profile.js';
import { PROFILES } from '../../src/modem/profiles/all.js';
import { GENERIC } from '../../src/modem/profiles/generic.js';
import { during } from '../modem/during.js';
import { goldenModule, readTranscript, type Transcript, transcriptNames } from './transcript.js';

const FAMILIES = [...PROFILES, GENERIC];
const PROFILE_FILES = resolve(import.meta.dirname, '../../src/modem/profiles');
/** Files there that are no family. */
const OTHERS = new Set(['all', 'choose', 'receivers']);

const CUTS: readonly [string, (bytes: Buffer) => readonly Uint8Array[]][] = [
  ['whole', (bytes) => [bytes]],
  ['byte by byte', (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte))],
];

test('every file of a family is in the list, and every family has a golden transcript', () => {
  const files = readdirSync(PROFILE_FILES).map((file) => file.replace(/\.ts$/, ''));
  const families = files.filter((file) => !OTHERS.has(file)).sort();
  expect(FAMILIES.map(({ name }) => name).sort()).toEqual(families);
  expect(transcriptNames()).toEqual(families);
});

const OPTIONS: ModemOptions = {
  port: '/dev/golden',
  baudRate: 115_200,
  profile: 'auto',
  commandGapMs: 0,
  pollSeconds: 15,
  bearer: {
    mode: 'activate',
    contextId: 1,
    apn: 'iot.example',
    ipType: 'IP',
    auth: { method: 'chap', user: 'gateway', password: new Secret('password', 'golden-word-1') },
  },
};

/** The whole bring-up; what it knows at its end, and every command it sent. */
async function replay(
  transcript: Transcript,
  cut: (bytes: Buffer) => readonly Uint8Array[],
  changes: Partial<ModemOptions> = {},
): Promise<{ outcome: unknown; known: Record<string, unknown>; received: readonly string[] }> {
  const clock = createFakeClock();
  const module = goldenModule(transcript, cut);
  const modem = createModem({ open: module.open, clock, log: silentLogger }, { ...OPTIONS, ...changes });
  const { signal } = new AbortController();
  const outcome = await during(
    clock,
    modem.bringUp({ signal }).then(() => 'up'),
  );
  const { networkTime, registration, ...rest } = modem.snapshot();
  const { state, technology } = registration;
  const known = {
    ...rest,
    registration: [state, technology].filter((part) => part !== undefined).join(' '),
    ...(networkTime === undefined
      ? {}
      : { networkTime: `${networkTime.source} ${new Date(networkTime.utcMs).toISOString()}` }),
  };
  await modem[Symbol.asyncDispose]();
  return { outcome, known, received: module.received };
}

/** Every question a profile has, asked over a channel: which were answered, and with what they were read. */
async function ask(
  transcript: Transcript,
  profile: Profile,
): Promise<{ unread: string[]; received: readonly string[] }> {
  const clock = createFakeClock();
  const module = goldenModule(transcript, (bytes) => [bytes]);
  const link = await module.open(
    { address: '/dev/golden', baudRate: 115_200 },
    { signal: new AbortController().signal },
  );
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  await using channel = createAtChannel({ link, clock, log: silentLogger, counters }, { commandGapMs: 0 });
  channel.learn({ urcPrefixes: profile.urcPrefixes, bootTexts: profile.lateBootTexts });
  const unread: string[] = [];
  const run = (command: string): Promise<unknown> =>
    channel.run(command).catch(() => unread.push(`${command} is refused or not in the transcript`));
  for (const command of profile.activate(1)) await run(command);
  const readings: readonly Reading<unknown>[] = [
    ...profile.retryCounters,
    ...profile.cell,
    ...profile.activation,
    ...(profile.temperature ? [profile.temperature] : []),
    ...(profile.ecm ? [profile.ecm.composition] : []),
    ...(profile.ecm?.state ? [profile.ecm.state] : []),
  ];
  const written = new Set(transcript.entries.map(({ command }) => command));
  for (const { command, parse } of readings.filter((reading) => written.has(reading.command))) {
    const { lines } = await channel.run(command);
    if (!lines.some((line) => parse(line) !== undefined)) unread.push(`${command}: ${lines.join(' | ')}`);
  }
  const commands = [
    ...(profile.ecm?.compose ?? []),
    ...(profile.ecm?.start ? [profile.ecm.start(1)] : []),
    ...profile.deactivate(1),
    profile.restart,
  ];
  for (const command of commands) await run(command);
  return { unread, received: module.received };
}

describe.each(transcriptNames())('%s', (name) => {
  const transcript = readTranscript(name);
  const profile = FAMILIES.find((family) => family.name === name) ?? GENERIC;

  test.each(CUTS)('comes up and is known in full, its bytes %s', async (_, cut) => {
    const { outcome, known } = await replay(transcript, cut);
    expect(outcome).toBe('up');
    expect({ ...known, ...transcript.wanted }).toEqual(known);
    expect(transcript.wanted).toMatchObject({ profile: name, sim: 'ready', bearer: { active: true } });
    expect(Object.keys(transcript.wanted)).toEqual(
      expect.arrayContaining(['iccid', 'imei', 'imsi', 'operator', 'registration', 'signal', 'networkTime']),
    );
  });

  test('whatever the family asks is answered in the transcript and read', async () => {
    const { unread } = await ask(transcript, profile);
    expect(unread).toEqual([]);
    const written = new Set(transcript.entries.map(({ command }) => command));
    for (const readings of [profile.retryCounters, profile.cell, profile.activation])
      if (readings.length > 0) expect(readings.some(({ command }) => written.has(command))).toBe(true);
    expect([...profile.setup].filter((command) => !written.has(command))).toEqual([]);
    expect(profile.temperature === undefined || written.has(profile.temperature.command)).toBe(true);
  });

  test('the transcript holds nothing that nobody asks', async () => {
    const sent = new Set([
      ...(await replay(transcript, (bytes) => [bytes])).received,
      ...(await ask(transcript, profile)).received,
    ]);
    expect(transcript.entries.map(({ command }) => command).filter((command) => !sent.has(command))).toEqual([]);
  });
});
