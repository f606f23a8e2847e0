// The serving cell as the body of a record, for a cloud that knows where cells are: said while nobody knows a position.
import type { ModemSnapshot } from '../../modem/index.js';

export interface CellBody {
  /** Mobile country and network code, digits. */
  mcc: number;
  mnc: number;
  /** Location or tracking area. */
  lac: number;
  cellId: number;
  rssi?: number;
}

const MAX_CELL_ID = 2 ** 36;

const hexOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-9A-F]{1,9}$/i.test(text) ? Number.parseInt(text, 16) : undefined;

/** Undefined while the module does not know its cell. Home and roaming only: what is merely heard serves nobody. */
export function cellOf({
  registration,
  cell,
  signal,
}: Pick<ModemSnapshot, 'registration' | 'cell' | 'signal'>): CellBody | undefined {
  if (registration.state !== 'home' && registration.state !== 'roaming') return undefined;
  const plmn = registration.plmn ?? cell?.plmn;
  const lac = hexOf(registration.areaCode ?? cell?.areaCode);
  const cellId = hexOf(registration.cellId ?? cell?.cellId);
  if (plmn === undefined || !/^\d{5,6}$/.test(plmn) || lac === undefined) return undefined;
  if (cellId === undefined || cellId === 0 || cellId >= MAX_CELL_ID - 1) return undefined;
  const rssi = signal?.rssiDbm ?? cell?.rssiDbm;
  return {
    ...{ mcc: Number(plmn.slice(0, 3)), mnc: Number(plmn.slice(3)), lac, cellId },
    ...(rssi === undefined ? {} : { rssi }),
  };
}
