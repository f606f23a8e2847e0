// The simulated AssistNow account: the ZTP token of its device profile, the chipcodes handed out, and the tokens of the old
// service. Kept in one file, so that what a gateway got before a restart of the simulation is still good after it.
import { randomBytes, randomUUID } from 'node:crypto';
import { isRecord } from '../fields.js';
import { readIfThere, writePrivate } from './files.js';
import { isUuid } from './registry.js';

/** One receiver of the account. */
export interface SimChip {
  /** Its unique id, lower-case hex. */
  receiver: string;
  /** UUID, the id in "No plan for device". */
  deviceId: string;
  chipcode: string;
}

/** Tokens of the old service; only the first may ever be good. */
export interface LegacyTokens {
  token: string;
  expiredToken: string;
  deactivatedToken: string;
  /** One for CellLocate. */
  otherServiceToken: string;
}

export interface AssistAccount {
  /** The AssistNow profile's ZTP token, a UUID; not the PointPerfect profile's. */
  readonly token: string;
  readonly legacy: Readonly<LegacyTokens>;
  readonly chips: readonly Readonly<SimChip>[];
  /** The receiver's entry; made at its first call, the same ever after. */
  chipFor(receiver: string): Readonly<SimChip>;
  byChipcode(chipcode: string): Readonly<SimChip> | undefined;
  /** Every chipcode so far is worthless from now on ("suspicion of compromise"). */
  renewChipcodes(): void;
}

interface Saved {
  version: 1;
  token: string;
  legacy: LegacyTokens;
  chips: SimChip[];
}

const LEGACY_NAMES = ['token', 'expiredToken', 'deactivatedToken', 'otherServiceToken'] as const;

/** Base64 with every character that a query has to encode. */
function newChipcode(): string {
  for (;;) {
    const code = randomBytes(40).toString('base64');
    if (code.includes('+') && code.includes('/')) return code;
  }
}

const newLegacyToken = (): string => randomBytes(16).toString('base64url');

const isChip = (value: unknown): value is SimChip =>
  isRecord(value) && ['receiver', 'deviceId', 'chipcode'].every((name) => typeof value[name] === 'string');

function parse(text: string | undefined): Saved | undefined {
  if (text === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    if (!isRecord(data) || data['version'] !== 1) return undefined;
    const { token, legacy, chips } = data;
    if (typeof token !== 'string' || !isUuid(token)) return undefined;
    if (!isRecord(legacy) || !LEGACY_NAMES.every((name) => typeof legacy[name] === 'string')) return undefined;
    if (!Array.isArray(chips) || !chips.every(isChip)) return undefined;
    return { version: 1, token, legacy: legacy as unknown as LegacyTokens, chips };
  } catch {
    return undefined;
  }
}

/** Opens the account kept in `file`; a missing or damaged file starts a new one (with other tokens). */
export function openAssistAccount(file: string): AssistAccount {
  const kept = parse(readIfThere(file));
  const saved: Saved = kept ?? {
    version: 1,
    token: randomUUID(),
    legacy: {
      token: newLegacyToken(),
      expiredToken: newLegacyToken(),
      deactivatedToken: newLegacyToken(),
      otherServiceToken: newLegacyToken(),
    },
    chips: [],
  };
  const save = (): void => writePrivate(file, `${JSON.stringify(saved, null, 2)}\n`);
  if (!kept) save();

  return {
    token: saved.token,
    legacy: saved.legacy,
    chips: saved.chips,
    chipFor(receiver) {
      const known = saved.chips.find((chip) => chip.receiver === receiver);
      if (known) return known;
      const chip: SimChip = { receiver, deviceId: randomUUID(), chipcode: newChipcode() };
      saved.chips.push(chip);
      save();
      return chip;
    },
    byChipcode: (chipcode) => saved.chips.find((chip) => chip.chipcode === chipcode),
    renewChipcodes() {
      for (const chip of saved.chips) chip.chipcode = newChipcode();
      save();
    },
  };
}
