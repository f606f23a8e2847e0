// Other ways of the module's own deviceWISE client (Telit): quirks of firmware, and what goes wrong with it.
import { type Fields, mistake, present } from '../../fields.js';
import type { Behaviour } from '../behaviour.js';
import type { DeviceWiseKnobs } from '../device-wise.js';

const HOUR_MS = 3_600_000;
const AUTH_CODES = [-18207, -18208, -18205] as const;

/** The deviceWISE client behaves so, from the next command on. */
export const deviceWise = (knobs: Partial<DeviceWiseKnobs>): Behaviour => ({ deviceWise: knobs });

/** The same from outside. Errors: `cli.usage`, as sentences. */
export function deviceWiseOf(fields: Fields): Behaviour {
  const refusal = fields.whole('authFailCode', -18_208, -18_205);
  const authFailCode = AUTH_CODES.find((code) => code === refusal);
  if (refusal !== authFailCode) throw mistake(`authFailCode must be one of ${AUTH_CODES.join(', ')}`);
  const params = fields.whole('sslSecCfgParams', 3, 4);
  return deviceWise(
    present({
      hasClient: fields.flag('hasClient'),
      pdpGuard: fields.flag('pdpGuard'),
      connOkIsAsync: fields.flag('connOkIsAsync'),
      connectMs: fields.whole('connectMs', 0, HOUR_MS),
      authFailMs: fields.whole('authFailMs', 0, HOUR_MS),
      stopMs: fields.whole('stopMs', 0, HOUR_MS),
      authFailCode,
      retriesInModeZero: fields.flag('retriesInModeZero'),
      needsSslen: fields.flag('needsSslen'),
      keepsStalePort: fields.flag('keepsStalePort'),
      keepsStaleTls: fields.flag('keepsStaleTls'),
      sslSecCfgParams: ([3, 4] as const).find((count) => count === params),
      secDataEnd: fields.choice('secDataEnd', ['count', 'ctrl-z'] as const),
      constantMsgId: fields.flag('constantMsgId'),
      firstSeq: fields.whole('firstSeq', 1, 65_536),
      dropParamless: fields.flag('dropParamless'),
      unknownIdAnswer: fields.choice('unknownIdAnswer', ['error', 'text', 'bare'] as const),
      failedLine: fields.flag('failedLine'),
      ackPrintsFailed0: fields.flag('ackPrintsFailed0'),
      errorForm: fields.choice('errorForm', ['cme', 'bare'] as const),
      dwcfgOmitted: fields.choice('dwcfgOmitted', ['default', 'keep'] as const),
      dwcfgReadForm: fields.choice('dwcfgReadForm', ['plain', 'quotes', 'blanks'] as const),
      echoesPayload: fields.flag('echoesPayload'),
      replyTimeoutMs: fields.whole('replyTimeoutMs', 1, HOUR_MS),
      lateReply: fields.choice('lateReply', ['drop', 'deliver'] as const),
    }),
  );
}
