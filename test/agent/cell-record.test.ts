import { expect, test } from 'vitest';
import { cellOf } from '../../src/agent/clouds/cell.js';

const at = (registration: Record<string, unknown>, more: Record<string, unknown> = {}): Parameters<typeof cellOf>[0] =>
  ({
    registration: { state: 'home', plmn: '23203', areaCode: '1A2B', cellId: '01F0D6E', ...registration },
    ...more,
  }) as never;

test('the serving cell is told in decimal numbers, with its level where that is known', () => {
  expect(cellOf(at({}, { signal: { rssiDbm: -71 } }))).toEqual({
    ...{ mcc: 232, mnc: 3, lac: 0x1a2b, cellId: 0x1f0d6e, rssi: -71 },
  });
  expect(cellOf(at({ plmn: '310410' }))).toMatchObject({ mcc: 310, mnc: 410 });
});

test.each([
  ['no registration', { state: 'searching' }],
  ['no network code', { plmn: undefined }],
  ['no area', { areaCode: undefined }],
  ['no cell', { cellId: undefined }],
  ['the cell of nobody', { cellId: '0' }],
  ['a cell that is none', { cellId: 'FFFFFFFFF' }],
  ['a hostile cell', { cellId: '12"34' }],
])('%s: nothing is told', (_what, registration) => {
  expect(cellOf(at(registration))).toBeUndefined();
});

test('what the engineering report knows fills what the registration does not say', () => {
  const known = at(
    { areaCode: undefined, cellId: undefined, plmn: undefined },
    { cell: { areaCode: '00FF', cellId: 'AB', plmn: '23201' } },
  );
  expect(cellOf(known)).toEqual({ mcc: 232, mnc: 1, lac: 255, cellId: 171 });
});
