// The command that asks for a position, and what it means when the module declines (specs/ublox.md 5.1).
import { WaymarkError } from '../../../core/index.js';
import { cmeOf } from '../../codec/errors.js';
import { numeral } from '../../command.js';
import type { AttemptEvent, ResponseType } from './attempt.js';
import type { LocateRequest } from './types.js';

/** Sensor of +ULOC: CellLocate alone. The module's own receiver, if it has one, is somebody else's business. */
const CELL_LOCATE = 2;
const MAX_HYPOTHESES = 16;
const BUSY_CME = 1713;
const BUSY_TEXT = /gps\s*busy|loc running/i;
/** Not allowed, no network, and the failures of a context that is not there. */
const NO_BEARER_CME: ReadonlySet<number> = new Set([3, 30, 31, 148]);
const NO_BEARER_TEXT = /not allowed/i;
/** Not supported, bad index or parameters, or an error that says nothing at all. */
const FORM_CME: ReadonlySet<number> = new Set([4, 21, 50, 53, 100, 140, 1711, 1712]);

/** What a refusal of +ULOC means. */
export function declinedBy(error: WaymarkError): AttemptEvent {
  if (error.code !== 'modem.error') return { is: 'failed', error };
  const cme = cmeOf(error);
  const text = String(error.evidence?.['final'] ?? '');
  if (cme === BUSY_CME || BUSY_TEXT.test(text)) return { is: 'declined', because: 'busy', error };
  if (cme === undefined ? NO_BEARER_TEXT.test(text) : NO_BEARER_CME.has(cme))
    return {
      is: 'declined',
      because: 'other',
      error: new WaymarkError('network.no-bearer', `CellLocate: ${error.message}`, {
        cause: error,
        evidence: error.evidence,
        hint: 'The module asks the CellLocate server by itself and needs a registration and a data connection of its own for that.',
      }),
    };
  const because = cme === undefined || FORM_CME.has(cme) ? 'form' : 'other';
  return { is: 'declined', because, error };
}

/** The question. Errors: `modem.injection`. */
export function questionOf(request: LocateRequest, responseType: ResponseType): string {
  const timeout = numeral(request.timeoutSeconds, 1, 999, 'cellLocate.timeoutSeconds');
  const accuracy = numeral(request.accuracyM, 1, 999_999, 'cellLocate.accuracyM');
  const most = responseType === 2 ? `,${MAX_HYPOTHESES}` : '';
  return `AT+ULOC=2,${CELL_LOCATE},${responseType},${timeout},${accuracy}${most}`;
}
