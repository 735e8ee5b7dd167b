"""AWS event streams (application/vnd.amazon.eventstream): frames made and read."""
import struct
import zlib

KIND = "application/vnd.amazon.eventstream"


def frame(payload, kind="event", **name):
    """frame(b"{}", event_type="metadata")"""
    headers = b""
    for n, value in [(":" + k.replace("_", "-"), v) for k, v in name.items()] + [(":content-type", "application/json"), (":message-type", kind)]:
        headers += bytes([len(n)]) + n.encode() + b"\7" + struct.pack(">H", len(value)) + value.encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    made = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return made + struct.pack(">I", zlib.crc32(made))


def payloads(data):
    """Those of all whole frames."""
    while len(data) >= 16:
        total, headers = struct.unpack(">II", data[:8])
        if len(data) < total:
            return
        yield data[12 + headers:total - 4]
        data = data[total:]
