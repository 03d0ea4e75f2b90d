"""Healthy life from recordings: their blocks in random order, as long as it takes."""

import json
import random
from collections import namedtuple
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness import archives
from harness.spans import SECOND
from simulation.trees import units

# What exporters hold back at the edges of a recording.
EDGE = 6 * SECOND
# Load, and how busy the machine is, vary from one block to the next.
BLOCK = 5 * SECOND

Source = namedtuple("Source", "service resource scope")


class Recording:
    """The healthy beginning of a recording."""

    def __init__(self, archive):
        archive = Path(archive)
        facts = json.loads(archive.with_name(archive.name.replace(".otlp.lz4", ".facts.json")).read_text())
        begin = facts["capture_start_ns"] + EDGE
        end = min([fault["start_ns"] for fault in facts["faults"]] + [facts["capture_end_ns"] - EDGE])
        self.name = facts["name"]
        self.begin = begin
        self.blocks = [[] for _ in range((end - begin) // BLOCK)]
        for unit in units(_spans(archive)):
            # A watch began before, so it counts where it ended.
            time = unit.top.end if unit.is_long else unit.start
            index = (time - begin) // BLOCK
            if 0 <= index < len(self.blocks):
                self.blocks[index].append(unit)
        self.units = [unit for block in self.blocks for unit in block]
        self.seconds = len(self.blocks) * BLOCK // SECOND

    def healthy(self, seconds, seed):
        """Units with their times from a beginning at zero: blocks in random order, all of them equally often."""
        chance = random.Random(f"{self.name} {seed}")
        order = []
        while len(order) * BLOCK < seconds * SECOND:
            order += chance.sample(range(len(self.blocks)), len(self.blocks))
        for position, index in enumerate(order[: -(-seconds * SECOND // BLOCK)]):
            shift = position * BLOCK - self.begin - index * BLOCK
            for unit in self.blocks[index]:
                yield unit.start + shift, unit


def _spans(archive):
    sources = {}
    for message in archives.records(archives.decompress(archive)):
        for resource_spans in ExportTraceServiceRequest.FromString(message).resource_spans:
            service = next(a.value.string_value for a in resource_spans.resource.attributes if a.key == "service.name")
            resource = resource_spans.resource.SerializeToString()
            for scope_spans in resource_spans.scope_spans:
                key = service, resource, scope_spans.scope.SerializeToString()
                source = sources.setdefault(key, Source(*key))
                for span in scope_spans.spans:
                    # Their times would have to move along, and nothing here reads them.
                    del span.events[:]
                    yield source, span
