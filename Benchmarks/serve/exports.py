"""What an Export of gzip costs beside libdeflate's own time, compared with a plain one."""

import ctypes
import ctypes.util
import json
import statistics
import subprocess
import time

from servers import faultline

SIZE = 200_000
REQUESTS = 200
ROUNDS = 9
LEVEL = 6


class Deflate:
    """libdeflate, which the daemon uses too, on one thread."""

    def __init__(self):
        self.library = ctypes.CDLL(ctypes.util.find_library("deflate"))
        for name in ["libdeflate_alloc_decompressor", "libdeflate_alloc_compressor"]:
            getattr(self.library, name).restype = ctypes.c_void_p
        self.library.libdeflate_gzip_compress.restype = ctypes.c_size_t
        self.compressor = ctypes.c_void_p(self.library.libdeflate_alloc_compressor(LEVEL))
        self.decompressor = ctypes.c_void_p(self.library.libdeflate_alloc_decompressor())
        self.output = ctypes.create_string_buffer(2 * SIZE)
        self.count = ctypes.c_size_t()

    def compressed(self, content):
        count = self.library.libdeflate_gzip_compress(
            self.compressor, content, ctypes.c_size_t(len(content)), self.output, ctypes.c_size_t(len(self.output)))
        return self.output.raw[:count]

    def inflate(self, content):
        result = self.library.libdeflate_gzip_decompress(
            self.decompressor, content, ctypes.c_size_t(len(content)), self.output, ctypes.c_size_t(len(self.output)),
            ctypes.byref(self.count))
        if result != 0:
            raise SystemExit(f"libdeflate: {result}")

    def microseconds(self, capture):
        """The time to inflate a request of `SIZE` bytes."""
        content = subprocess.run(["lz4", "-dc", capture], stdout=subprocess.PIPE, check=True).stdout
        parts = [self.compressed(content[start : start + SIZE]) for start in range(0, len(content) - SIZE, SIZE)]
        rounds = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            for part in parts:
                self.inflate(part)
            rounds.append((time.process_time() - begun) / len(parts) * 1e6)
        return statistics.median(rounds)


def export(arguments, server, *options):
    """The daemon's CPU time per request, in microseconds."""
    result = subprocess.run([
        arguments.load, arguments.capture, "--json", "--connections", "1", "--window", "1", "--to",
        f"127.0.0.1:{server.ports['grpc']}", "--request-bytes", str(SIZE), "--requests", str(REQUESTS), "--server-pid",
        str(server.pid), *options,
    ], stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)["serverMicrosecondsPerRequest"]


def measure(arguments):
    own = Deflate().microseconds(arguments.capture)
    compressed = ["--gzip", "--gzip-level", str(LEVEL)]
    found = {"plain": [], "gzip": []}
    with faultline(arguments.faultline, has_rules=False) as server:
        for number in range(ROUNDS + 1):
            for name, options in [("plain", []), ("gzip", compressed)]:
                spent = export(arguments, server, *options)
                # The first round fills the window.
                if number > 0:
                    found[name].append(spent)
    plain, gzip = statistics.median(found["plain"]), statistics.median(found["gzip"])
    print(f"  plain {plain:.0f} µs a request, gzip {gzip:.0f}, libdeflate alone {own:.0f}")
    yield "gzip Export less libdeflate's own time, times plain", 1.1, 1.0, (gzip - own) / plain, "×"
