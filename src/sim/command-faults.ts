// The faults of a provisioning service, as commands name them: of the one for corrections and the one for assistance.
import type { ZtpFault } from './clouds/ztp.js';
import { type Fields, needed, present } from './fields.js';

export type { ZtpFault } from './clouds/ztp.js';

const MAX_SECONDS = 86_400;

export const ZTP_FAULT_NAMES = [
  'status',
  'redirect',
  'truncated',
  'html',
  'empty',
  'huge',
  'stall',
  'cut',
  'wrong-key',
  'expired-certificate',
] as const satisfies readonly ZtpFault['is'][];

/** The fault that a command names; `none` takes away what is pushed. Errors: `cli.usage`, as sentences. */
export function ztpFault(fields: Fields): ZtpFault | 'none' {
  const name = needed(fields.choice('name', [...ZTP_FAULT_NAMES, 'none'] as const), 'name');
  switch (name) {
    case 'status': {
      const body = fields.text('body');
      const contentType = fields.text('contentType', { pattern: /^[\w/+;= .-]{1,100}$/, words: 'a content type' });
      const retryAfter = fields.whole('retryAfter', 0, MAX_SECONDS);
      return {
        is: 'status',
        status: fields.whole('status', 200, 599) ?? 503,
        ...present({ body, contentType, retryAfter: retryAfter === undefined ? undefined : String(retryAfter) }),
      };
    }
    case 'redirect':
      return {
        is: 'redirect',
        location: fields.text('location', { pattern: /^[!-~]{1,500}$/, words: 'an address' }) ?? 'https://localhost/',
      };
    case 'huge':
      return { is: 'huge', bytes: fields.whole('bytes', 1, 10_000_000) ?? 200_000 };
    case 'stall':
      return { is: 'stall', forMs: fields.whole('forMs', 1, MAX_SECONDS * 1000) ?? 60_000 };
    case 'none':
      return name;
    default:
      return { is: name };
  }
}
