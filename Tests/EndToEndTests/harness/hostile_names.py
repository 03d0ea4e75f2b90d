"""Names designed to break whatever they are written to: a scrape, a terminal, a line."""

# As bytes, since some aren't UTF-8.
NAMES = {
    "a label's end": b'x"} 1\nfake{a="',
    "a backslash at the end": b"back\\",
    "escapes of escapes": rb"\\n\"\u{1B}",
    "line ends": b"one\ntwo\r\nthree\x0b\x0c",
    "a terminal's title": b"\x1b]0;owned\x07\x1b[31mred",
    "C1 controls": "\u009b31m \u0085".encode(),
    "NUL": b"before\0after",
    "bidirectional overrides": "safe\u202etxt.exe\u2066".encode(),
    "line and paragraph separators": "a\u2028b\u2029c".encode(),
    "zero-width and tags": "a\u200bb\U000e0041".encode(),
    "no UTF-8": b"\xff\xfe\xc0\x80",
    "lone surrogates": b"\xed\xa0\x80\xed\xbf\xbf",
    "truncated UTF-8": b"x\xf0\x9f\x98",
    "markup": b"<img src=x onerror=alert(1)>",
    "a template": b"{{ $value }} $culprit %s %n",
    "very long": b"long" * 20_000,
}


def named(build, name):
    """The bytes of the message `build(stand_in)` with `name` in place of the stand-in.

    Python's protobuf refuses to build messages with text that is no UTF-8.
    """
    # As long as the name, so that all lengths in the message stay correct.
    stand_in = "\N{SNOWMAN}".ljust(len(name) - 2, "-")
    message = build(stand_in)
    assert message.count(stand_in.encode()) == 1 and len(stand_in.encode()) == len(name)
    return message.replace(stand_in.encode(), name)
