"""Export requests over either protocol, with outcomes that don't depend on it."""

from dataclasses import dataclass

import grpc

from harness import grpc_client, http_client

TRANSPORTS = ["grpc", "http"]

TAKEN = "taken"
MALFORMED = "malformed"
TOO_LARGE = "too large"

_GRPC = {
    grpc.StatusCode.OK: TAKEN,
    grpc.StatusCode.INVALID_ARGUMENT: MALFORMED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: TOO_LARGE,
}
_HTTP = {200: TAKEN, 400: MALFORMED, 413: TOO_LARGE}


@dataclass
class Outcome:
    what: object
    rejected: int = 0
    message: str = ""


def send(daemon, transport, body):
    if transport == "grpc":
        answer = grpc_client.send(daemon.grpc, body)
        if answer.code != grpc.StatusCode.OK:
            return Outcome(_GRPC.get(answer.code, answer.code), message=answer.message)
    else:
        answer = http_client.send(daemon.http, body)
        if answer.status != 200:
            return Outcome(_HTTP.get(answer.status, answer.status), message=answer.error[1])
    return Outcome(TAKEN, *answer.rejected)
