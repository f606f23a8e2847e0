// Data calls: ATD*99# and +CGDATA put the port online for a context (specs/modem.md 1.5). Nothing is behind it: bytes
// are swallowed.
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome } from '../command.js';
import { activate } from './context.js';

/** `*99#`, `*99***<cid>#`, `*99**PPP*<cid>#`, `*98*<cid>#`. */
const PACKET = /^[TP]?\*9[89](?:\*[^*#]{0,40}){0,2}(?:\*(\d{1,2}))?#$/i;

function call(context: CommandContext, contextId: number): Outcome {
  if (context.callContext !== undefined) return { cme: CME.notAllowed };
  if (activate(context, contextId, true, 'OK') !== 'OK') return 'NO CARRIER';
  context.goOnline(contextId);
  return 'CONNECT';
}

/** A dial string: packet calls only; a voice call ends before it began. */
export function dial(context: CommandContext, text: string): Outcome {
  const packet = PACKET.exec(text.replace(/[\s"]/g, ''));
  return packet ? call(context, Number(packet[1] ?? 1)) : 'NO CARRIER';
}

export const DATA_CALL_COMMANDS: CommandTable = {
  '+CGDATA': {
    set: (context, [protocol, idText]) => {
      const id = numberIn(idText ?? '1', 1, 16);
      if ((protocol ?? '').toUpperCase() !== 'PPP' || id === undefined) return { cme: CME.badParameters };
      return call(context, id);
    },
    arity: [1, 2],
    test: '("PPP")',
    latency: 'context',
  },
};
