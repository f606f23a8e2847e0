// What belongs into a backup and what does not (docs/decisions/0016): every slot of the agent, unless somebody has decided
// otherwise.
import { isOwnSlot } from './own-names.js';

/** A slot's file in one of its generations. */
const SLOT = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})(?:\.prev|\.next)?$/;

/**
 * boot: ids of records are made from it, and an old count would give ids the clouds know already; without one the next
 * start draws a number nobody has used. recovery: budgets of a device that was in trouble then. assist-*: caches, old by
 * the time of a restore.
 */
const LEFT_OUT = /^(?:boot|recovery|assist-(?!memory$).*)$/;

/** Pure: whether this file of the state directory is part of who the gateway is. Folders (outboxes) never are. */
export function isKeptInBackup(name: string): boolean {
  const slot = SLOT.exec(name)?.[1];
  return slot !== undefined && isOwnSlot(slot) && !LEFT_OUT.test(slot);
}
