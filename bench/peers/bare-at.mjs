// One AT command after the other over serialport and its line parser: no echo handling, no unsolicited lines, no limit
// on the wait.
import { ReadlineParser } from '@serialport/parser-readline';
import { SerialPort } from 'serialport';

const { serial, count } = JSON.parse(process.argv[2]);
const port = new SerialPort({ path: serial, baudRate: 115200 });
let answered;
port.pipe(new ReadlineParser({ delimiter: '\r\n' })).on('data', (line) => {
  if (line === 'OK' || line === 'ERROR') answered(line);
});
port.on('open', async () => {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      answered = resolve;
      port.write('AT+CSQ\r');
    });
  }
  port.close();
});
