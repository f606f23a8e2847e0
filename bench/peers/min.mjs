// As little as Node itself needs for the job: node:tls, the five MQTT packets by hand, the port as a file. No packages.
import { constants, openSync, readFileSync, writeSync } from 'node:fs';
import { connect } from 'node:tls';

const { host, port, caFile, certFile, keyFile, clientId, topic, serial } = JSON.parse(process.argv[2]);
const receiver = openSync(serial, constants.O_WRONLY | constants.O_NOCTTY);
const credentials = { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile) };

const KEEPALIVE_S = 60;
const text = (value) => {
  const raw = Buffer.from(value);
  return [raw.length >> 8, raw.length & 255, ...raw];
};
/** Our own packets are all shorter than 128 bytes. */
const packet = (type, ...body) => Buffer.from([type, body.length, ...body]);
const CONNECT = packet(0x10, ...text('MQTT'), 4, 2, 0, KEEPALIVE_S, ...text(clientId));
const SUBSCRIBE = packet(0x82, 0, 1, ...text(topic), 0);
const PINGREQ = packet(0xc0);

function writeAll(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(receiver, bytes, at);
}

/** Takes one packet off the front: its type, its body and what follows; undefined when it is not whole yet. */
function take(bytes) {
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    if (at >= bytes.length) return undefined;
    const digit = bytes[at++];
    length += (digit & 127) << shift;
    if (digit < 128) break;
  }
  if (bytes.length < at + length) return undefined;
  return { type: bytes[0] >> 4, body: bytes.subarray(at, at + length), rest: bytes.subarray(at + length) };
}

function session() {
  let waiting = Buffer.alloc(0);
  let ping;
  const socket = connect({ host, port, servername: host, ...credentials }, () => {
    socket.setNoDelay(true);
    socket.write(CONNECT);
    ping = setInterval(() => socket.write(PINGREQ), (KEEPALIVE_S * 1000) / 2);
  });
  socket.on('data', (chunk) => {
    waiting = waiting.length > 0 ? Buffer.concat([waiting, chunk]) : chunk;
    for (let next = take(waiting); next; next = take(waiting)) {
      waiting = next.rest;
      if (next.type === 2) socket.write(SUBSCRIBE);
      else if (next.type === 3) writeAll(next.body.subarray(2 + next.body.readUInt16BE(0)));
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(ping);
    setTimeout(session, 1000);
  });
}
session();
