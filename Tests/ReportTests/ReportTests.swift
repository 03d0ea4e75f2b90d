import Engine
import Foundation
import Pipeline
import Rules
import TestSupport
import Testing

@testable import Report

@Suite struct `A report` {
    private static let end: Int64 = 1_767_225_600_000_000_000

    private static func fields(_ report: Report) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    }

    private static func pipeline() -> Pipeline {
        Pipeline(rules: RuleEvaluator([]), limits: WindowLimits(duration: nil))
    }

    @Test func `without spans has null times and no rows`() throws {
        let fields = try Self.fields(Report(Self.pipeline().attributedSummary(), alerts: []))
        #expect(fields["first"] is NSNull && fields["last"] is NSNull)
        #expect(
            Set(fields.keys) == ["spans", "first", "last", "operations", "requests", "sources", "alerts", "incidents"])
        #expect((fields["operations"] as? [Any])?.isEmpty == true && (fields["sources"] as? [Any])?.isEmpty == true)
    }

    @Test func `gives rates over the time between the first end and the last`() throws {
        let pipeline = Self.pipeline()
        var builder = BatchBuilder()
        for second in 0...10 as ClosedRange<Int64> {
            // The first began long before: rates must not be over that time too.
            let duration: Int64 = second == 0 ? 3_600_000_000_000 : 2_000_000
            builder.add(end: Self.end + second * 1_000_000_000, duration: duration, isError: second < 2)
        }
        _ = pipeline.append(builder.batch, arrival: Self.end + 11_000_000_000)
        let report = Report(pipeline.attributedSummary(), alerts: [])
        let row = try #require(report.operations.first)
        #expect(report.first == "2025-12-31T23:00:00Z")
        #expect(report.firstEnd == "2026-01-01T00:00:00Z" && report.last == "2026-01-01T00:00:10Z")
        #expect(row.count == 11 && row.errors == 2 && row.error_ratio == 2.0 / 11 && row.rate == 1.1)
        #expect(row.p50_seconds == 0.002 && row.max_seconds == 3600)
        // Percentiles are exact, which needs no mention.
        #expect(row.exact == nil)
    }

    @Test func `begins no earlier than the range that was asked for`() throws {
        let pipeline = Self.pipeline()
        var builder = BatchBuilder()
        builder.add(end: Self.end, duration: 60_000_000_000)
        _ = pipeline.append(builder.batch, arrival: Self.end)
        let report = Report(pipeline.attributedSummary(), from: Self.end - 1_000_000_000, alerts: [])
        #expect(report.first == "2025-12-31T23:59:59Z")
    }
}
