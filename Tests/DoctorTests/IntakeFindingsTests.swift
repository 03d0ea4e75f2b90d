import Testing

@testable import Doctor

@Suite struct `Refused export requests` {
    @Test func `are read from a scrape, most first, without listeners that take no spans`() {
        let scrape = """
            # TYPE faultline_requests_refused_total counter
            faultline_requests_refused_total{transport="grpc",reason="too_large"} 3
            faultline_requests_refused_total{transport="http",reason="archive_queue"} 12
            faultline_requests_refused_total{transport="http",reason="malformed"} 0
            faultline_requests_refused_total{transport="query",reason="connections"} 40
            faultline_requests_refused_totals{transport="http",reason="connections"} 40
            faultline_spans_total 5

            """
        #expect(
            RefusedExports.read(scrape) == [
                RefusedExports(transport: "http", reason: "archive_queue", count: 12),
                RefusedExports(transport: "grpc", reason: "too_large", count: 3),
            ])
    }

    @Test func `say what to do where something can be done`() {
        let large = RefusedExports(transport: "grpc", reason: "too_large", count: 3)
        #expect(large.sentence == "grpc too_large 3 (send smaller batches, or raise `limits.max_request_bytes`)")
        // Of a daemon of another version.
        let unknown = RefusedExports(transport: "grpc", reason: "of_the_future", count: 1)
        #expect(unknown.sentence == "grpc of_the_future 1")
    }
}

@Suite struct `Spans dropped since the clock was set back` {
    @Test func `are read from a scrape`() {
        let scrape = """
            # TYPE faultline_spans_dropped_total counter
            faultline_spans_dropped_total{reason="clock_set_back"} 4100

            """
        #expect(SetBackSpans.read(scrape) == 4_100)
        #expect(SetBackSpans.read("") == 0)
        #expect(SetBackSpans.read("faultline_spans_dropped_total{reason=\"clock_set_back\"} NaN") == 0)
    }
}
