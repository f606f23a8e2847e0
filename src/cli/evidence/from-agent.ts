// What the running agent says of itself, over its socket.
import { linkedController } from '../../core/index.js';
import { followTrace, type StatusSnapshot, type TraceLine } from '../../status/index.js';
import { traceText } from '../modem-trace.js';
import { askDoor, type Door } from './door.js';
import { type Collected, collect } from './piece.js';
import { redactJson } from './redact.js';

const HISTORY_SECONDS = 6 * 3600;
const LOG_LINES = 500;
/** The dialogue so far comes at once; only a module that is asked nothing says nothing. */
const TRACE_MS = 1500;

const pretty = (text: string): string => redactJson(JSON.parse(text));

export const traceLines = (lines: readonly TraceLine[]): string | undefined =>
  lines.length === 0 ? undefined : `${lines.map(traceText).join('\n')}\n`;

/** The entries of `/api/v1/log`, one a line as log files have them. */
export function logLines(text: string): string | undefined {
  const { entries } = JSON.parse(text) as { entries?: unknown };
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  return `${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`;
}

async function recentTrace({ runtimeDir, clock }: Door): Promise<string | undefined> {
  using stop = linkedController();
  const limit = clock.deadline(TRACE_MS, () => stop.abort());
  const lines: TraceLine[] = [];
  try {
    await followTrace(runtimeDir, clock, { onLine: (line) => void lines.push(line), signal: stop.signal });
  } finally {
    limit.cancel();
  }
  return traceLines(lines);
}

/** The figures of the outboxes, out of the one status object. */
function outboxes(status: string): string {
  const { outbox, clouds, data } = JSON.parse(status) as Partial<Record<string, unknown>> & Partial<StatusSnapshot>;
  return redactJson({ outbox, clouds, data });
}

export async function collectFromAgent(door: Door, into: Collected): Promise<void> {
  const status = await askDoor(door, '/api/v1/status').catch(() => undefined);
  const need = async (): Promise<string> => status ?? askDoor(door, '/api/v1/status');
  await collect(into, 'status.json', 'the one status object, with reasons', async () => pretty(await need()));
  if (status === undefined) {
    const why = 'no agent answers';
    for (const name of ['outbox.json', 'history.json', 'log.jsonl', 'at-trace.txt']) into.missing.push({ name, why });
    return;
  }
  await collect(into, 'outbox.json', 'what waits to be sent, in figures', () => outboxes(status));
  await collect(into, 'history.json', 'signal, latency, data use of the last hours; positions to 100 m', async () =>
    pretty(await askDoor(door, `/api/v1/history?seconds=${HISTORY_SECONDS}`)),
  );
  await collect(into, 'log.jsonl', 'the last lines of the log', async () =>
    logLines(await askDoor(door, `/api/v1/log?level=trace&limit=${LOG_LINES}`)),
  );
  await collect(into, 'at-trace.txt', 'the last AT dialogue, secrets removed', () => recentTrace(door));
}
