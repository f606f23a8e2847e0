// Every code the program can show, with its cure: the source of exit codes, of the sentence a person reads, and of the
// rung a recovery ladder starts from.

import { CLOUD_ERRORS } from './errors-cloud.js';

import { DATA_ERRORS } from './errors-data.js';
import { DEVICE_ERRORS } from './errors-device.js';
import { DEVICEWISE_ERRORS } from './errors-devicewise.js';
import { EVIDENCE_ERRORS } from './errors-evidence.js';
import { FAR_ERRORS } from './errors-far.js';
import { FLEET_ERRORS } from './errors-fleet.js';
import { LOCATION_ERRORS } from './errors-location.js';
import { STATUS_ERRORS } from './errors-status.js';

export type { ErrorInfo, Retry, Rung } from './error-info.js';

/** Every code the program can show. */
export const ERRORS = {
  ...CLOUD_ERRORS,
  ...DEVICE_ERRORS,
  ...DEVICEWISE_ERRORS,
  ...EVIDENCE_ERRORS,
  ...FAR_ERRORS,
  ...FLEET_ERRORS,
  ...LOCATION_ERRORS,
  ...DATA_ERRORS,
  ...STATUS_ERRORS,
};
