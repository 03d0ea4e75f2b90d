"""`faultline serve` as a separate process."""

import re
import resource
import signal
import subprocess
import urllib.error
import urllib.request

from harness import openapi
from harness.lines import Lines
from harness.metrics import Metrics
from harness.project import BINARY
from harness.waiting import DEADLINE

# Seconds that the daemon has for draining, for the tests of that.
STOP_SECONDS = 20

LOOPBACK = "127.0.0.1:0"


class Faultline:
    """Listens on free ports of the loopback interface. It is stopped by SIGTERM, which must succeed."""

    def __init__(self, *arguments, open_files=None, within=(), program=BINARY):
        """`open_files` sets the soft and the hard limit of file descriptors; `within` is a command that runs the daemon."""
        command = [*within, program, "serve", "--otlp-grpc", LOOPBACK, "--otlp-http", LOOPBACK, "--listen", LOOPBACK, *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=open_files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))),
        )
        self.output = Lines(self.process.stdout)
        self.log = Lines(self.process.stderr)

    def __enter__(self):
        try:
            self.log.wait_for("listening", count=3)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.grpc = self.address_of("OTLP/gRPC")
        self.http = self.address_of("OTLP/HTTP")
        self.query = self.address_of("scrape and API")
        return self

    def __exit__(self, kind, error, trace):
        try:
            code = self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still running {DEADLINE} s after SIGTERM") from None
        finally:
            self.output.finish()
            self.log.finish()
        if kind is None:
            assert code == 0, f"exit code {code}; the log:\n" + "\n".join(self.log.all)

    def address_of(self, what):
        (line,) = self.log.wait_for("listening", f'for="{what}"' if " " in what else f"for={what}")
        return re.search(r"address=(\S+)", line).group(1)

    @property
    def is_running(self):
        return self.process.poll() is None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """Terminates the process if it is still running, and waits for it. Returns its exit code."""
        if self.is_running:
            self.terminate()
        return self.process.wait(timeout=DEADLINE)

    def get(self, path, **headers):
        """Status, content type and body of a GET from the scrape and API address."""
        request = urllib.request.Request(f"http://{self.query}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                body = answer.read()
                openapi.check(path, answer.headers["Content-Type"], body)
                return answer.status, answer.headers["Content-Type"], body
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read()

    def metrics(self):
        status, _, body = self.get("/metrics")
        assert status == 200
        return Metrics(body.decode())

    def peak_memory(self):
        """The peak of resident bytes since the last `forget_peak_memory`; see proc(5)."""
        with open(f"/proc/{self.process.pid}/status") as status:
            (peak,) = [line for line in status if line.startswith("VmHWM:")]
        return int(peak.split()[1]) << 10

    def forget_peak_memory(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")
