// Every code the program can show, with its cure: the source of exit codes, of the sentence a person reads, and of the
// rung a recovery ladder starts from.

import { CLOUD_ERRORS } from './errors-cloud.js';

import { DATA_ERRORS } from './errors-data.js';
import { DEVICE_ERRORS } from './errors-device.js';
import { DEVICEWISE_ERRORS } from './errors-devicewise.js';
import { FAR_ERRORS } from './errors-far.js';
import { LOCATION_ERRORS } from './errors-location.js';
import { STATUS_ERRORS } from './errors-status.js';

export type { ErrorInfo, Retry, Rung } from './error-info.js';

/** Every code the program can show. */
export const ERRORS = {
  ...DEVICE_ERRORS,
  ...FAR_ERRORS,
  ...LOCATION_ERRORS,
  ...CLOUD_ERRORS,
  ...DEVICEWISE_ERRORS,
  ...DATA_ERRORS,
  ...STATUS_ERRORS,
};
