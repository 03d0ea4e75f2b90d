"""A scrape in Prometheus' text format, read by an independent parser."""

from prometheus_client.parser import text_string_to_metric_families


class Metrics:
    def __init__(self, text):
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]

    def all(self, name, **labels):
        """The samples with this name and these labels."""
        return [
            sample for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def sum(self, name, **labels):
        """The sum over all series with this name and these labels; 0 if there are none."""
        return sum(sample.value for sample in self.all(name, **labels))

    def value(self, name, **labels):
        """The value of the only series with this name and these labels."""
        samples = self.all(name, **labels)
        assert len(samples) == 1, f"{len(samples)} series {name} {labels}"
        return samples[0].value

    @property
    def received(self):
        return self.value("faultline_spans_received_total")

    @property
    def accepted(self):
        return self.value("faultline_spans_accepted_total")

    @property
    def duplicates(self):
        return self.value("faultline_spans_duplicates_total")

    @property
    def rejected(self):
        return {
            sample.labels["reason"]: sample.value
            for sample in self.all("faultline_spans_rejected_total")
            if sample.value
        }

    def refused(self, transport):
        return {
            sample.labels["reason"]: sample.value
            for sample in self.all("faultline_requests_refused_total", transport=transport)
            if sample.value
        }

    def check_accounts(self):
        """Every span received is accounted for."""
        assert self.received == self.accepted + self.duplicates + sum(self.rejected.values())
