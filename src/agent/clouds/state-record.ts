// The gateway's own state as one flat record for the clouds: what an operator of many gateways sorts and alarms by.
import type { StatusSnapshot } from '../../status/index.js';

type Value = string | number | boolean;

/** Members that are not known are left out; texts are short and hold no secret and no full identifier. */
export function stateBody(status: StatusSnapshot): Readonly<Record<string, Value>> {
  const { modem, credentials, clouds = [], corrections } = status;
  const queued = clouds.reduce((sum, { outbox }) => sum + (outbox?.records ?? 0), 0);
  const body: Record<string, Value | undefined> = {
    agentState: status.state,
    agentWhy: status.why.slice(0, 200),
    overall: status.overall,
    grade: status.grade,
    uptimeS: Math.round(status.uptimeMs / 1000),
    version: status.version,
    operator: modem?.operator,
    technology: modem?.registration.technology,
    rsrpDbm: modem?.signal?.rsrpDbm,
    rsrqDb: modem?.signal?.rsrqDb,
    rssiDbm: modem?.signal?.rssiDbm,
    modemTemperatureC: modem?.temperatureC,
    correctionAgeMs: corrections.ageMs,
    queueDepth: queued,
    rssMiB: Math.round(status.rssBytes / 1_048_576),
  };
  for (const { id, state } of credentials) body[`cred_${id.replaceAll('-', '_')}`] = state;
  return Object.fromEntries(Object.entries(body).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
