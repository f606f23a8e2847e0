// Codes of the month's data, of the configuration in force, and of the page that is shown on the LAN.
import type { ErrorInfo } from './error-info.js';

export const DATA_ERRORS = {
  'data.near-budget': {
    means: 'Most of the month’s data budget is used.',
    retry: 'operator',
    hint: 'Most of the month’s data is used: see `data.byPurpose` in the status for what uses it, lengthen location.reportSeconds or the clouds’ stateSeconds, or raise dataBudget.monthlyMiB if the plan allows more.',
    exit: 75,
  },
  'data.over-budget': {
    means: 'The month’s data budget is used up.',
    retry: 'operator',
    hint: 'The month’s data is used up and nothing is cut off: corrections and positions go on and may cost extra. Switch what can wait off, or raise dataBudget.monthlyMiB if the plan allows more.',
    exit: 75,
  },
  'config.not-started': {
    means: 'A new configuration could not be put to work; the one before is in force again.',
    retry: 'operator',
    hint: 'The file has no mistake, but the gateway cannot work with it; the configuration before is in force again. The message says what is missing.',
    exit: 78,
  },
  'config.needs-restart': {
    means: 'The configuration was changed in a place that only a new start can follow.',
    retry: 'operator',
    hint: 'Restart the service (`systemctl restart waymark`), or put the old value back: stateDir and runtimeDir are where the running gateway has its identity, its waiting records and its socket. Nothing else of the file is in force until then.',
    exit: 78,
  },
  'share.cannot-open': {
    means: 'The shared page could not be opened at that address.',
    retry: 'operator',
    hint: 'Choose another --host or --port for the shared page: an address of this machine that no other program listens on.',
    exit: 69,
  },
} as const satisfies Record<string, ErrorInfo>;
