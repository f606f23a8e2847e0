// The unsolicited lines that change a session at once. A handler never sends anything: it notes, and wakes whoever waits.
import { cardAsksAgain, simError } from './card.js';
import { parseCpin } from './codec/identity.js';
import { parseRegistration } from './codec/registration.js';
import { parseCardPresence } from './codec/sim.js';
import type { Session } from './session.js';

const BEARER_DOWN = /DETACH|DEACT/;
const CONTEXT_DROPPED = /^\+QIURC:\s*"?pdpdeact/i;

/** Registers for everything that matters; once for each session. */
export function listenForReports(session: Session): void {
  const { channel, store } = session;
  const suspect = (what: 'bearer' | 'card'): void => {
    session.suspects.add(what);
    session.wake();
  };
  const on = (prefix: string, act: (line: string) => void): void => {
    channel.urcs(prefix, ([line = '']) => {
      act(line);
      return undefined;
    });
  };

  for (const domain of ['+CREG', '+CGREG', '+CEREG', '+C5GREG'])
    on(domain, (line) => {
      const report = parseRegistration(line);
      if (report) session.report({ is: 'report', report });
    });
  on('+CPIN', (line) => {
    const sim = parseCpin(line);
    if (sim === 'absent' || sim === 'pin' || sim === 'puk') {
      store.patch({ sim });
      session.raise(sim === 'pin' ? cardAsksAgain(session.options.pin !== undefined) : simError(sim));
    } else if (sim === 'busy') suspect('card');
  });
  for (const prefix of ['#QSS', '+QSIMSTAT', '+QUSIM', '+UUSIMSTAT'])
    on(prefix, (line) => {
      if (parseCardPresence(line)?.inserted === false) {
        store.patch({ sim: 'absent' });
        session.raise(simError('absent'));
      } else suspect('card');
    });

  on('#NITZ', (line) => void session.noteClock(line, '#NITZ'));
  // Whether the time in these is local or not differs between families: the clock is read instead.
  for (const prefix of ['+CTZE', '+CTZEU', '+CTZV', '+NITZ']) on(prefix, () => void session.suspects.add('clock'));

  on('+CGEV', (line) => {
    if (BEARER_DOWN.test(line)) suspect('bearer');
  });
  on('+QIURC', (line) => {
    if (CONTEXT_DROPPED.test(line)) suspect('bearer');
  });
  for (const prefix of ['+UUPSDD', '+UUPSDA']) on(prefix, () => suspect('bearer'));
}
