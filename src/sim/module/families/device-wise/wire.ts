// One MQTT connection of the client, as bytes over a road that somebody else opened.
import type { Duplex } from 'node:stream';
import { type Connect, connect, cutServerPacket, disconnect, type ServerPacket } from '../../../mqtt-wire.js';
import { DW } from './codes.js';

export interface WireHooks {
  packet(packet: ServerPacket): void;
  /** Both directions, as they pass. */
  count(direction: 'bytesIn' | 'bytesOut', bytes: number): void;
  /** The road has ended or broken; called once, not after `close`. */
  ended(code: number): void;
}

export interface Wire {
  send(bytes: Uint8Array): void;
  /** Ends it; politely with a DISCONNECT. */
  close(isPolite: boolean): void;
}

export function openWire(road: Duplex, hello: Connect, hooks: WireHooks): Wire {
  let isOpen = true;
  let received = Buffer.alloc(0);
  const end = (code: number): void => {
    if (!isOpen) return;
    isOpen = false;
    road.destroy();
    hooks.ended(code);
  };
  const send = (bytes: Uint8Array): void => {
    if (!isOpen || road.destroyed) return;
    hooks.count('bytesOut', bytes.length);
    road.write(bytes);
  };
  road.on('data', (bytes: Buffer) => {
    if (!isOpen) return;
    hooks.count('bytesIn', bytes.length);
    received = Buffer.concat([received, bytes]);
    for (;;) {
      const cut = cutServerPacket(received);
      if (cut.is === 'more') return;
      if (cut.is === 'close') {
        end(DW.receiveFailed);
        return;
      }
      received = received.subarray(cut.length);
      hooks.packet(cut.packet);
    }
  });
  road.on('end', () => end(DW.shutDown));
  road.on('close', () => end(DW.shutDown));
  // Stays for good: a road that was closed can still report an error.
  road.on('error', () => end(DW.receiveFailed));
  send(connect(hello));
  return {
    send,
    close(isPolite) {
      if (!isOpen) return;
      if (isPolite) send(disconnect());
      isOpen = false;
      if (isPolite) road.end();
      // Its other half does not have to agree.
      setImmediate(() => road.destroy());
    },
  };
}
