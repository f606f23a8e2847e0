// Why a service does not do its work, as status shows it.
import type { ErrorCode, WaymarkError } from '../core/index.js';

export interface ServiceReason {
  code: ErrorCode;
  message: string;
  hint: string;
  evidence?: Readonly<Record<string, string | number>>;
}

export const reasonOf = ({ code, message, hint, evidence }: WaymarkError): ServiceReason => ({
  ...{ code, message, hint },
  ...(evidence === undefined ? {} : { evidence }),
});
