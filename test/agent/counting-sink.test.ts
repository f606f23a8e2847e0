import { expect, test } from 'vitest';
import { createCountingSink } from '../../src/agent/counting-sink.js';
import { rtcm, spartn } from '../gnss/frames.js';

test('without a receiver only whole valid frames of the kind that is fed are counted', () => {
  const sink = createCountingSink();
  const frame = spartn();
  void sink.feed('spartn', Buffer.from('\r\n'));
  void sink.feed('spartn', rtcm(1077));
  void sink.feed('rtcm3', frame);
  void sink.feed('spartn', frame.subarray(0, 9));
  sink.restart('spartn');
  void sink.feed('spartn', frame.subarray(9));
  expect(sink.framesTaken).toBe(0);
  void sink.feed('spartn', frame.subarray(0, 9));
  void sink.feed('spartn', frame.subarray(9));
  void sink.feed('rtcm3', rtcm(1077));
  expect(sink.framesTaken).toBe(2);
});
