// Requests of the client to the cloud, each waiting for the reply that carries its number (specs/devicewise.md 1.7, 1.9).
import type { Timer } from '../../../../core/index.js';
import { publish } from '../../../mqtt-wire.js';
import type { DeviceWiseState } from '../../device-wise.js';
import type { Timers } from '../../timers.js';
import { printJson } from './json.js';

/** Undefined: it never came. */
export type OnReply = (payload: Buffer | undefined, id: number) => void;

export interface Requests {
  /** The next message id: 1 to 65536, then from 1 again. */
  nextId(): number;
  /** Publishes a command under the next id, and gives the id. */
  send(command: string, params: Readonly<Record<string, unknown>> | undefined, onReply?: OnReply): number;
  /** The same for a whole request that was made elsewhere. */
  sendRaw(json: string, onReply?: OnReply): number;
  /** A publish from the cloud on `reply/<id>`; one that nobody waits for is dropped. */
  reply(id: number, payload: Buffer): void;
  /** Nobody waits any more. */
  clear(): void;
}

const LAST_ID = 65_536;
/** Requests that ran out of time and may still be answered. */
const MAX_LATE = 100;

export interface RequestsDeps {
  state: DeviceWiseState;
  timers: Timers;
  write: (bytes: Uint8Array) => void;
}

export function createRequests({ state, timers, write }: RequestsDeps): Requests {
  const waiting = new Map<number, { onReply: OnReply; timer: Timer }>();
  const late = new Map<number, OnReply>();

  const nextId = (): number => {
    const id = state.nextId;
    state.nextId = id >= LAST_ID ? 1 : id + 1;
    return id;
  };
  const expire = (id: number, onReply: OnReply): void => {
    waiting.delete(id);
    if (state.knobs.lateReply === 'deliver' && late.size < MAX_LATE) late.set(id, onReply);
    onReply(undefined, id);
  };
  const sendRaw: Requests['sendRaw'] = (json, onReply) => {
    const id = nextId();
    if (onReply) {
      waiting.get(id)?.timer.cancel();
      waiting.set(id, { onReply, timer: timers.after(state.knobs.replyTimeoutMs, () => expire(id, onReply)) });
    }
    state.counters.packetsOut++;
    write(publish(`api/${id}`, Buffer.from(json)));
    return id;
  };
  return {
    nextId,
    sendRaw,
    send: (command, params, onReply) => sendRaw(printJson({ 1: { command, params } }), onReply),
    reply(id, payload) {
      const request = waiting.get(id);
      const onReply = request?.onReply ?? late.get(id);
      request?.timer.cancel();
      waiting.delete(id);
      late.delete(id);
      onReply?.(payload, id);
    },
    clear() {
      for (const { timer } of waiting.values()) timer.cancel();
      waiting.clear();
      late.clear();
    },
  };
}
