// The port book over real pseudo-terminals and the real serial opener.
import { afterEach, expect, test } from 'vitest';
import { createPortBook } from '../../src/agent/ports/book.js';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createLinkOpener } from '../../src/link/index.js';
import { NMEA_LINE } from '../helpers/port-devices.js';
import { openPty, type Pty } from '../link/pty.js';
import { converter, LE910, layTree, UBLOX } from '../link/tty-tree.js';

const open: { [Symbol.dispose](): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each[Symbol.dispose]();
});

type Terminal = Pty & { received: () => string };

async function terminal(): Promise<Terminal> {
  const pty = await openPty();
  open.push(pty);
  let received = '';
  pty.onBytes((bytes) => (received += bytes.toString('latin1')));
  return Object.assign(pty, { received: () => received });
}

async function simModule(): Promise<Terminal> {
  const pty = await terminal();
  let line = '';
  pty.onBytes((bytes) => {
    for (const c of bytes.toString('latin1')) {
      if (c !== '\r') line += c;
      else {
        pty.send(line === 'AT+CGMI' ? '\r\nTelit\r\n\r\nOK\r\n' : '\r\nOK\r\n');
        line = '';
      }
    }
  });
  return pty;
}

async function simReceiver(): Promise<Terminal> {
  const pty = await terminal();
  const timer = setInterval(() => pty.send(NMEA_LINE), 300);
  open.push({ [Symbol.dispose]: () => clearInterval(timer) });
  return pty;
}

test('two AT ports, NMEA, a receiver and a silent port: each user gets its own, also after the links were swapped and back', async () => {
  const [at, at2, nmea, silent, receiver] = await Promise.all([
    simModule(),
    simModule(),
    simReceiver(),
    terminal(),
    simReceiver(),
  ]);
  const tree = layTree();
  open.push(tree);
  tree.plug(
    { ...LE910, ports: { ttyUSB1: 3, ttyUSB2: 4, ttyUSB3: 5 } },
    {
      ttyUSB1: nmea.path,
      ttyUSB2: at.path,
      ttyUSB3: at2.path,
    },
  );
  tree.plug(converter('1-1.7', 'ttyUSB9'), { ttyUSB9: silent.path });
  tree.plug(UBLOX, { ttyACM0: receiver.path });
  const clock = createClock();
  const book = createPortBook({
    open: createLinkOpener({ clock, log: silentLogger }),
    clock,
    log: silentLogger,
    roots: tree.roots,
  });
  const never = new AbortController().signal;
  const start = (user: 'modem' | 'gnss') =>
    book.opener(user, 'auto')({ address: 'auto', baudRate: 115_200 }, { signal: never });

  const [modem, gnss] = await Promise.all([start('modem'), start('gnss')]);
  expect([modem.name, gnss.name]).toEqual([tree.node('ttyUSB2'), tree.node('ttyACM0')]);
  // socat is the device behind the port, not a rival on it.
  expect(await book.holders('modem')).toEqual([]);

  const changed = [book.whenChanged('modem', 'auto', 60_000, never), book.whenChanged('gnss', 'auto', 60_000, never)];
  tree.point('ttyUSB2', receiver.path);
  tree.point('ttyACM0', at.path);
  await Promise.all(changed);
  expect(await modem.closed).toMatchObject({ is: 'hangup' });
  expect(await gnss.closed).toMatchObject({ is: 'hangup' });
  await using swapped = await start('modem');
  expect(swapped.name).toBe(tree.node('ttyUSB3'));
  await expect(start('gnss')).rejects.toMatchObject({ code: 'link.absent' });

  const back = book.whenChanged('gnss', 'auto', 60_000, never);
  tree.point('ttyUSB2', at.path);
  tree.point('ttyACM0', receiver.path);
  await back;
  await using again = await start('gnss');
  expect(again.name).toBe(tree.node('ttyACM0'));
  expect(receiver.received()).toMatch(/^(?:AT\r)?$/);
  expect([nmea.received(), silent.received()]).toEqual(['', '']);
});
