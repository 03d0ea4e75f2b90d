"""Prometheus' protobuf exposition, read by Google's protobuf library from the published field numbers of `metrics.proto`."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ACCEPT = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

# Message, then the number, name and type of each field; `*` marks a repeated one, a capital a message.
_MESSAGES = {
    "Timestamp": ["1 seconds int64", "2 nanos int32"],
    "LabelPair": ["1 name string", "2 value string"],
    "Exemplar": ["1 label *LabelPair", "2 value double", "3 timestamp Timestamp"],
    "Gauge": ["1 value double"],
    "Counter": ["1 value double", "2 exemplar Exemplar", "3 created_timestamp Timestamp"],
    "Bucket": ["1 cumulative_count uint64", "2 upper_bound double", "3 exemplar Exemplar"],
    "BucketSpan": ["1 offset sint32", "2 length uint32"],
    "Histogram": [
        "1 sample_count uint64",
        "2 sample_sum double",
        "3 bucket *Bucket",
        "5 schema sint32",
        "6 zero_threshold double",
        "7 zero_count uint64",
        "12 positive_span *BucketSpan",
        "13 positive_delta *sint64",
        "15 created_timestamp Timestamp",
        "16 exemplars *Exemplar",
    ],
    "Metric": ["1 label *LabelPair", "2 gauge Gauge", "3 counter Counter", "7 histogram Histogram"],
    "MetricFamily": ["1 name string", "2 help string", "3 type int32", "4 metric *Metric", "5 unit string"],
}
COUNTER, GAUGE, HISTOGRAM = 0, 1, 4


def _family_class():
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="prometheus", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields:
            number, field_name, kind = text.split()
            added = message.field.add(name=field_name, number=int(number))
            added.label = field.LABEL_REPEATED if kind.startswith("*") else field.LABEL_OPTIONAL
            kind = kind.removeprefix("*")
            if kind[0].isupper():
                added.type, added.type_name = field.TYPE_MESSAGE, f".prometheus.{kind}"
            else:
                added.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("prometheus.MetricFamily"))


_Family = _family_class()


def parse(contents):
    """Families by name. Fields that `_MESSAGES` lacks fail."""
    families, offset = {}, 0
    while offset < len(contents):
        length, shift = 0, 0
        while True:
            byte = contents[offset]
            length |= (byte & 0x7F) << shift
            offset, shift = offset + 1, shift + 7
            if byte < 0x80:
                break
        family = _Family.FromString(contents[offset : offset + length])
        assert family.name not in families, f"{family.name} comes twice"
        families[family.name] = family
        offset += length
    return families


def labels(metric):
    return {pair.name: pair.value for pair in metric.label}


def native_buckets(histogram):
    """The buckets in use of a native histogram: lower bound (exclusive), upper bound, count."""
    found, index, count, deltas = [], 0, 0, iter(histogram.positive_delta)
    for span in histogram.positive_span:
        index += span.offset
        for _ in range(span.length):
            count += next(deltas)
            width = 2.0**-histogram.schema
            if count:
                found.append((2 ** ((index - 1) * width), 2 ** (index * width), count))
            index += 1
    assert next(deltas, None) is None
    return found
