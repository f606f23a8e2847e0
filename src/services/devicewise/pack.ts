// Commands put together into as few requests as the road's limits allow. Several positions, or the values of several
// records, become one batch; where the road takes several commands in one request, those go side by side:
//
//   records   p1 p2 s1 p3            p: position, s: state
//   gateway   { location.batch [p1 p2 p3], property.batch [s1] }                          one request
//   module    { location.batch [p1 p2] }  { property.batch [s1] }  { location.publish p3 }  one command each
//
// A batch stops at its first failure and does not say where (specs/devicewise.md 2.5), so what was in a failed one goes
// again without company: then each verdict is certain, and what the batch had stored comes twice, with the same time and
// id.
import type { Tr50Command } from '../../core/index.js';
import { jsonBytes } from './text.js';
import type { RoadLimits } from './types.js';

/** A command that belongs to one record. */
export interface Unit {
  /** Place of the record among those to be sent. */
  of: number;
  command: Tr50Command;
}

/** One command of a request, and for whom it speaks. */
export interface PackedCommand {
  command: Tr50Command;
  units: readonly Unit[];
}

export type PackedRequest = readonly PackedCommand[];

type Params = Readonly<Record<string, unknown>>;

/** Values in one batch. */
const MAX_ITEMS = 100;
const MAX_BYTES = 32_768;
/** Of JSON: braces of a request, and id, command and braces of each command. */
const REQUEST_BYTES = 2;
const COMMAND_BYTES = 64;

interface Group {
  /** The batch it could become; undefined: it stays alone. */
  batch: string | undefined;
  units: Unit[];
  items: Params[];
}

/** @param isMerging false: every unit stays a command of its own. */
export function pack(
  units: readonly Unit[],
  { maxCommands, maxRequestBytes }: Pick<RoadLimits, 'maxCommands' | 'maxRequestBytes'>,
  { isMerging }: { isMerging: boolean },
): readonly PackedRequest[] {
  const maxBytes = Math.min(maxRequestBytes, MAX_BYTES);
  const requests: Group[][] = [];
  let open: Group[] = [];
  let bytes = REQUEST_BYTES;
  for (const unit of units) {
    const { batch, items } = mergeableOf(unit.command);
    const ownBytes = items.reduce((sum, item) => sum + jsonBytes(item) + 1, 0);
    const company = isMerging ? open.find((group) => batch !== undefined && group.batch === batch) : undefined;
    if (company && company.items.length + items.length <= MAX_ITEMS && bytes + ownBytes <= maxBytes) {
      company.units.push(unit);
      company.items.push(...items);
      bytes += ownBytes;
      continue;
    }
    const hasRoom = open.length < maxCommands && bytes + ownBytes + COMMAND_BYTES <= maxBytes;
    if (open.length > 0 && !hasRoom) {
      requests.push(open);
      open = [];
      bytes = REQUEST_BYTES;
    }
    open.push({ batch, units: [unit], items: [...items] });
    bytes += ownBytes + COMMAND_BYTES;
  }
  if (open.length > 0) requests.push(open);
  return requests.map((groups) => groups.map(commandOf));
}

function commandOf({ batch, units, items }: Group): PackedCommand {
  const [first] = units;
  if (first && (units.length === 1 || batch === undefined)) return { command: first.command, units };
  return { command: { command: batch ?? '', params: { data: items } }, units };
}

/** What of it stands in a batch, and in which; time and id move to each item. */
function mergeableOf({ command, params = {} }: Tr50Command): { batch: string | undefined; items: readonly Params[] } {
  if (command === 'location.publish' && params['lat'] !== undefined)
    return { batch: 'location.batch', items: [params] };
  const data = params['data'];
  if ((command === 'property.batch' || command === 'attribute.batch') && Array.isArray(data)) {
    const { ts, corrId } = params;
    const stamp = { ...(ts === undefined ? {} : { ts }), ...(corrId === undefined ? {} : { corrId }) };
    return { batch: command, items: (data as Params[]).map((item) => ({ ...item, ...stamp })) };
  }
  return { batch: undefined, items: [params] };
}

/** The values of a batch of the state one by one; undefined: it is none. */
export function singlesOf({ command, params = {} }: Tr50Command): readonly Tr50Command[] | undefined {
  const { batch, items } = mergeableOf({ command, params });
  if (batch === undefined || batch === 'location.batch') return undefined;
  return items.map((item) => ({ command: batch.replace('.batch', '.publish'), params: item }));
}
