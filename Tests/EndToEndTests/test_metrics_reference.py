"""docs/metrics.md lists exactly what a scrape contains, since both come from the same declarations."""

import re

from harness import http_client, project, spans
from harness.certificates import Authority
from harness.command import faultline

REFERENCE = (project.ROOT / "docs" / "metrics.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", REFERENCE, re.M)
OF_THE_FORMAT = {"le", "quantile"}


def families(text):
    """Names, types and helps as the scrape announces them, and the labels of each family's samples."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, help = line.split(" ", 3)
            found[name] = {"help": help, "labels": set()}
        elif line.startswith("# TYPE "):
            found[name]["type"] = line.split()[3]
        else:
            labels = re.findall(r'[{,](\w+)="', line.partition(" ")[0])
            found[name]["labels"].add(tuple(label for label in labels if label not in OF_THE_FORMAT))
    return found


def test_the_reference_is_what_make_docs_writes():
    assert faultline("metrics-reference").output == REFERENCE, "docs/metrics.md is out of date: run make docs"


def test_a_scrape_has_the_families_of_the_reference_in_its_order(serve, tmp_path):
    Authority(tmp_path).issue("server")
    daemon = serve(
        configuration=f"archive: {{directory: {tmp_path / 'archive'}}}\nstate: {{directory: {tmp_path / 'state'}}}\n"
        "otlp: {grpc: {tls: {cert_file: server.crt, key_file: server.key}}}\n"
    )
    assert http_client.send(daemon.http, spans.body(spans.span("a"), service="apiserver")).status == 200
    found = families(daemon.get("/metrics")[2].decode())

    conditional = {name for name, _, _, meaning in ROWS if "Only if a span has left the window." in meaning}
    assert list(found) == [name for name, _, _, _ in ROWS if name not in conditional]
    for name, kind, labels, meaning in ROWS:
        if name in conditional:
            continue
        assert found[name]["type"] == kind
        assert meaning.startswith(found[name]["help"])
        assert found[name]["labels"] <= {tuple(re.findall(r"`(\w+)`", labels))}
