// What a client says to a simulated broker, as whole packets: the first must be CONNECT, for anything else is another
// protocol and might never become a whole one.
import type { Duplex } from 'node:stream';
import { type ClientPacket, cutPacket } from '../mqtt-wire.js';

export interface PacketReader {
  /** CONNECT was taken. */
  isConnected(): boolean;
  /** Nothing more is read: a refused client may go on for as long as it likes. */
  isOver(): boolean;
  /** What arrives now is lost. */
  isSilent(): boolean;
  onPacket(packet: ClientPacket): void;
  close(why: string): void;
  /** The connection went. */
  over(why: string): void;
}

export function readClientPackets(socket: Duplex, reader: PacketReader): void {
  let arrived: Buffer = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('close', () => reader.over('connection lost'));
  socket.on('data', (part: Buffer) => {
    if (reader.isOver() || reader.isSilent()) return;
    arrived = Buffer.concat([arrived, part]);
    while (!reader.isOver() && arrived.length > 0) {
      if (!reader.isConnected() && (arrived[0] ?? 0) >> 4 !== 1) {
        reader.close('no CONNECT');
        return;
      }
      const cut = cutPacket(arrived);
      if (cut.is === 'more') return;
      if (cut.is === 'close') {
        reader.close(cut.why);
        return;
      }
      arrived = arrived.subarray(cut.length);
      reader.onPacket(cut.packet);
    }
  });
}
