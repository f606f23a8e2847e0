// The twenty slots in which replies and methods wait to be fetched, and the ring that tells of them
// (specs/devicewise.md 1.8).
import type { DeviceWiseState, InboxMessage, MessageType } from '../../device-wise.js';
import { DW } from './codes.js';

const SLOTS = 20;

export interface Inbox {
  /** Files it and rings; false when all slots are taken. */
  put(message: InboxMessage): boolean;
  /** Takes it out; a code when there is none of that id, or one that is to be fetched by the other command. */
  take(id: number, isRaw: boolean): InboxMessage | number;
}

export function createInbox(state: DeviceWiseState, urc: (line: string) => void): Inbox {
  return {
    put(message) {
      if (state.inbox.length >= SLOTS) return false;
      state.inbox.push(message);
      urc(`#DWRING: ${message.type},${message.id},${message.data.length}`);
      return true;
    },
    take(id, isRaw) {
      // Ids can be the same for all: the first slot goes first.
      const index = state.inbox.findIndex((each) => each.id === id);
      const message = state.inbox[index];
      if (!message) return DW.noSuchMessage;
      if ((message.type === 2) !== isRaw) return DW.modeMismatch;
      state.inbox.splice(index, 1);
      return message;
    },
  };
}

export const messageOf = (type: MessageType, id: number, text: string, isFailed = false): InboxMessage => ({
  type,
  id,
  isFailed,
  data: Buffer.from(text),
});
