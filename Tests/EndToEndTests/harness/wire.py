"""Protobuf's wire format, for messages that no library would write."""


def varint(number):
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number, payload):
    """A field of bytes, text or a message."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def nested(depth, numbers):
    """Messages nested `depth` deep; `numbers` are their field numbers from the innermost outwards, repeated."""
    # Built from the inside out, since then all lengths are known.
    heads = []
    length = 0
    for level in range(depth):
        head = varint(numbers[level % len(numbers)] << 3 | 2) + varint(length)
        heads.append(head)
        length += len(head)
    return b"".join(reversed(heads))
