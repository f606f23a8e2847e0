// Telit LE910C1-EUX with firmware 25.21.
import type { Family } from '../command.js';
import { cardStatus } from '../standard/sim-card.js';
import { TELIT_COMMANDS } from './telit-commands.js';

export const TELIT: Family = {
  name: 'telit',
  identity: { manufacturer: 'Telit', model: 'LE910C1-EUX', revision: '25.21.226' },
  times: { boot: 2000, card: 300, search: 1500, bearer: 200 },
  commands: TELIT_COMMANDS,
  /** 0 code, 3 manufacturer, 4 model, 5 revision, 7 IMEI; without a number the three lines people look for. */
  identification({ manufacturer, model, revision, imei }, n) {
    if (n === undefined) return [manufacturer, model, revision];
    const lines = new Map<number, readonly string[]>([
      [0, ['332']],
      [1, ['000']],
      [2, []],
      [3, [manufacturer]],
      [4, [model]],
      [5, [revision]],
      [7, [imei]],
    ]);
    return lines.get(n);
  },
  functionalities: [0, 1, 2, 3, 4, 5, 6, 7],
  restarts: [],
  aborted: 'ABORTED',
  unknownCommand: 'ERROR',
  wrongArity: { cme: 50 },
  connect: 'CONNECT',
  errorTexts: {
    550: 'generic undocumented error',
    552: 'context',
    553: 'context already activated',
    554: 'PDP error',
    555: 'context activation error',
    556: 'GPRS authentication failed',
  },
  bootTexts: [],
  cardBootTexts: () => [],
  // Mode 1 knows in and out only; 2 and 3 tell each step.
  cardUrcs(card, session) {
    const mode = session.remembered.get('#QSS') ?? '0';
    if (mode === '0') return [];
    const status = cardStatus(card);
    return [`#QSS: ${mode === '1' ? Math.min(status, 1) : status}`];
  },
  contextUrcs: () => [],
  extendedError: (cause, words) => (cause === undefined ? 'Normal call clearing' : words),
};
