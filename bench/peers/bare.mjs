// The shortest honest client on the same packages, with their defaults: subscribe, write every payload to the port.
// Checks nothing.
import { readFileSync } from 'node:fs';
import { connect } from 'mqtt';
import { SerialPort } from 'serialport';

const { host, port, caFile, certFile, keyFile, clientId, topic, serial } = JSON.parse(process.argv[2]);
const receiver = new SerialPort({ path: serial, baudRate: 460800 });
const client = connect({
  protocol: 'mqtts',
  host,
  port,
  clientId,
  ca: readFileSync(caFile),
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
  reconnectPeriod: 1000,
});
client.on('connect', () => client.subscribe(topic));
client.on('message', (_topic, payload) => receiver.write(payload));
client.on('error', () => undefined);
