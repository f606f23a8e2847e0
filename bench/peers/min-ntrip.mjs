// The floor of the caster road: one socket, the request, our position, and what comes goes to the port as it is.
import { constants, openSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

const { host, port, mountPoint, userName, password, gga, serial } = JSON.parse(process.argv[2]);
const receiver = openSync(serial, constants.O_WRONLY | constants.O_NOCTTY);
const login = Buffer.from(`${userName}:${password}`).toString('base64');
const REQUEST = `GET /${mountPoint} HTTP/1.1\r\nHost: ${host}:${port}\r\nNtrip-Version: Ntrip/2.0\r\nUser-Agent: NTRIP bench/1\r\nAuthorization: Basic ${login}\r\nConnection: close\r\n\r\n`;

function writeAll(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(receiver, bytes, at);
}

function session() {
  let head = Buffer.alloc(0);
  let isOpen = false;
  const socket = connect({ host, port, noDelay: true }, () => socket.write(REQUEST));
  socket.on('data', (chunk) => {
    if (isOpen) {
      writeAll(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    isOpen = true;
    socket.write(gga);
    writeAll(head.subarray(end + 4));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => setTimeout(session, 1000));
}
session();
