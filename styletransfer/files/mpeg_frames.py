"""Frames of MP3 and of layer II, by the four bytes that each begins with."""

from __future__ import annotations

_FRAMES_IN_A_ROW = 3
_KBPS = {
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by whether it is MPEG 1, and by layer."""
_MPEG_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def frame_bytes(head: bytes) -> int:
    """Tell the length of an MPEG audio frame of layer II or III, 0 if the bytes cannot start one."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, bit_rate, padding = head[2] >> 2 & 3, head[2] >> 4, head[2] >> 1 & 1
    if version == 1 or layer not in (2, 3) or rate == 3 or bit_rate in (0, 15):
        return 0
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * 1000 * _KBPS[version == 3, layer][bit_rate - 1] // _MPEG_RATES_HZ[version][rate] + padding


def first_frame(data: bytes) -> int | None:
    """Tell where the first MPEG audio frame begins that others follow, or that ends the data; None without one."""
    place = data.find(b"\xff")
    while place >= 0:
        following, count = place, 0
        while count < _FRAMES_IN_A_ROW and (length := frame_bytes(data[following : following + 4])):
            following, count = following + length, count + 1
        if count == _FRAMES_IN_A_ROW or (count and place == 0 and following >= len(data) - 4):
            return place
        place = data.find(b"\xff", place + 1)
    return None


def declared_bytes(frame: bytes) -> int:
    """Tell how many bytes the stream has that a frame of MP3 begins, as the frame says; 0 if it does not.

    An encoder writes that, as Xing's did first, into a frame without sound before the others.
    """
    place = next((place for place in _TABLES if frame[place : place + 4] in (b"Xing", b"Info")), None)
    if place is None or not frame[place + 7 : place + 8] or frame[place + 7] & 3 != 3:
        return 0
    return int.from_bytes(frame[place + 12 : place + 16], "big")


_TABLES = (13, 21, 36)
"""Where that may stand: behind the head and what MPEG 2 or 1 describes each frame of one channel or two with."""
