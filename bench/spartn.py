"""Correction messages for the bench: three valid SPARTN frames each, as PointPerfect sends them.

The first frame's payload carries a mark, a sequence number and the time of sending, so that the far end of the serial
line can tell delay, loss and order without help from the program under test.
"""

import random
import struct

MARK = b"\x5awaymark\xc3"
STAMP = struct.Struct(">IQ")  # sequence number, monotonic nanoseconds
PAYLOADS = (108, 428, 558)  # bytes: one clock and orbit frame, two of atmosphere
MARK_AT = 1 + 3 + 4 + 2  # preamble, header, time block, encryption block


def _table24():
    table = []
    for byte in range(256):
        crc = byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x864CFB if crc & 0x800000 else 0)
        table.append(crc & 0xFFFFFF)
    return table


_CRC24 = _table24()


def crc24(data):
    """TF018, type 2: polynomial 864CFB, most significant bit first, starting from 0."""
    crc = 0
    for byte in data:
        crc = ((crc & 0xFFFF) << 8) ^ _CRC24[(crc >> 16) ^ byte]
    return crc


def crc4(data):
    """TF006: polynomial 9, least significant bit first, starting from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (9 if crc & 1 else 0)
    return crc


def frame(kind, subtype, sequence, payload):
    """One encrypted frame with a 16-bit time tag and a 24-bit check."""
    header = (kind << 17) | (len(payload) << 7) | (1 << 6) | (2 << 4)
    header |= crc4(header.to_bytes(3, "big"))
    times = (subtype << 28) | ((sequence * 5 & 0xFFFF) << 11) | (5 << 4) | 12
    keys = (1 << 12) | ((sequence & 63) << 6)
    body = header.to_bytes(3, "big") + times.to_bytes(4, "big") + keys.to_bytes(2, "big") + payload
    return b"\x73" + body + crc24(body).to_bytes(3, "big")


class Messages:
    """Makes the n-th message; always the same bytes for the same number and time."""

    def __init__(self):
        source = random.Random(20260101)
        self._filler = source.randbytes(PAYLOADS[0] - len(MARK) - STAMP.size)
        self._tails = [
            frame(1, i % 3, i, source.randbytes(PAYLOADS[1])) + frame(2, 0, i, source.randbytes(PAYLOADS[2]))
            for i in range(24)
        ]
        self.size = len(self(0))

    def __call__(self, number, at_ns=0):
        first = frame(0, number % 3, number, MARK + STAMP.pack(number, at_ns) + self._filler)
        return first + self._tails[number % len(self._tails)]


def delays_ms(arrivals, size):
    """Delay of each whole message in `arrivals` [(ns, bytes)], by sequence number."""
    data = b"".join(chunk for _, chunk in arrivals)
    ends, total = [], 0
    for at, chunk in arrivals:
        total += len(chunk)
        ends.append((total, at))
    found, place, start = {}, 0, data.find(MARK)
    while start >= 0:
        end = start - MARK_AT + size
        if end > total:
            break
        while ends[place][0] < end:
            place += 1
        number, sent = STAMP.unpack_from(data, start + len(MARK))
        found[number] = (ends[place][1] - sent) / 1e6
        start = data.find(MARK, end)
    return found
