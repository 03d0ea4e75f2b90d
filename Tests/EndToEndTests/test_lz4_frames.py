"""False lz4 frames: the position of the fault is reported, and everything before it counts."""

import resource
import struct
import subprocess

import pytest

from harness import archives, spans
from harness.command import faultline
from harness.project import BINARY

MEBIBYTE = 1 << 20
# How much memory a process may use, stacks included
MEMORY = 512 * MEBIBYTE


def content(count):
    return archives.framed([spans.body(*[spans.span() for _ in range(10)]) for _ in range(count)])


def with_content_size(directory, plain, size):
    """A frame whose header gives a false size of its contents."""
    # Through a pipe the command doesn't know the size in advance.
    file = directory / "plain.otlp"
    file.write_bytes(plain)
    frame = bytearray(subprocess.run(["lz4", "-c", "--content-size", file], check=True, capture_output=True).stdout)
    assert frame[4] & 0x08
    frame[6:14] = struct.pack("<Q", size)
    frame[14] = xxh32(bytes(frame[4:14])) >> 8 & 0xFF
    return bytes(frame)


def xxh32(data):
    """xxHash32 of at most fifteen bytes, with seed 0: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md"""
    assert len(data) < 16
    mask = 0xFFFFFFFF
    primes = 2654435761, 2246822519, 3266489917, 668265263, 374761393
    state = primes[4] + len(data) & mask
    while len(data) >= 4:
        (word,) = struct.unpack("<I", data[:4])
        state = state + word * primes[2] & mask
        state = (state << 17 | state >> 15) & mask
        state = state * primes[3] & mask
        data = data[4:]
    for byte in data:
        state = state + byte * primes[4] & mask
        state = (state << 11 | state >> 21) & mask
        state = state * primes[0] & mask
    state = (state ^ state >> 15) * primes[1] & mask
    state = (state ^ state >> 13) * primes[2] & mask
    return state ^ state >> 16


@pytest.mark.parametrize("size", [1, 1 << 62])
def test_a_false_size_is_reported_at_its_position(tmp_path, size):
    archive = tmp_path / "lying.otlp.lz4"
    archive.write_bytes(archives.compress(content(5)) + with_content_size(tmp_path, content(3), size))
    done = faultline("replay", "--quiet", "--format", "json", archive)
    assert done.code == 1
    assert "byte" in done.errors or "offset" in done.errors
    # The frame before it is intact.
    assert done.json["spans"]["accepted"] >= 50


def test_a_bomb_takes_no_more_memory_than_any_archive(tmp_path):
    # The longest possible record, all zeros: 64 MiB from 260 KiB. What follows isn't a record.
    record = struct.pack(">I", 48 * MEBIBYTE) + bytes(48 * MEBIBYTE)
    archive = tmp_path / "bomb.otlp.lz4"
    archive.write_bytes(archives.compress(content(2)) + archives.compress(record * 3))
    assert archive.stat().st_size < MEBIBYTE
    done = subprocess.run(
        [BINARY, "archive", "verify", archive], capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
    )
    # Not killed, as it would be if it used more than its limit.
    assert done.returncode == 1
    assert "bomb.otlp.lz4" in done.stderr
