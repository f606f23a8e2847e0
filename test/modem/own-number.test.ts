import { expect, test } from 'vitest';
import { parseOwnNumber } from '../../src/modem/codec/own-number.js';

test.each([
  ['+CNUM: "","9135550123",129', '9135550123'],
  ['+CNUM: "Line 1","+19135550123",145', '19135550123'],
  ['+CNUM: ,"9135550123",129,7,4', '9135550123'],
  ['+CNUM:"","9135550123",129', '9135550123'],
  ['+CNUM: "","",129', undefined],
  ['+CNUM: "","12a4567",129', undefined],
  ['+CNUM:', undefined],
  ['+CREG: 0,1', undefined],
])('%s', (line, number) => {
  expect(parseOwnNumber(line)).toBe(number);
});
