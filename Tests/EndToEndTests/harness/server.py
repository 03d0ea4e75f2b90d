"""A server of another project as a separate process."""

import socket
import subprocess

from harness.lines import Lines
from harness.waiting import DEADLINE


def free_address():
    """A free address of the loopback interface, for servers that don't say which port they got for 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


class Server:
    """Ready once its log says so; stopped by SIGTERM."""

    def __init__(self, command, ready, environment=None):
        """`environment` replaces that of the tests."""
        self.ready = ready
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
        )
        self.log = Lines(self.process.stderr)

    def __enter__(self):
        try:
            self.log.wait_for(self.ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.log.finish()
