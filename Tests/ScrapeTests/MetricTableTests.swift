import TestSupport
import Testing

@testable import Scrape

@Suite struct `a table of metrics` {
    private struct Source {
        var taken = 3
        var oldest: Double?
        var part: Int?
    }

    private static let table = MetricTable<Source>([
        .counter("x_taken", unit: "bytes", help: "Taken \"so\" far.") { $0.taken },
        .optional("x_oldest", .gauge, help: "Oldest.", if: "there is one") { $0.oldest },
        .family("x_seconds", .histogram, unit: "seconds", labels: ["verb"], help: "Took.") {
            $1.histogram(HistogramBounds([0.5, 1]), counts: [1, 0, 2], sum: 4.5, ["list"])
        },
        .family("x_latency", .summary, labels: ["verb"], help: "Quantiles.") {
            $1.quantile("0.5", 0.25, SeriesText(["verb"], ["a\"b"]))
        },
    ])
    private static let parts = MetricTable<Int>([.gauge("x_part", help: "Of a part.") { $0 }])
        .present(if: "there is a part")
    private static let all = MetricTable(joining: [table, parts.read { $0.part }])

    private func scrape(_ source: Source, _ format: ExpositionFormat) -> [String] {
        var text = ""
        var exposition = Exposition(format) { part in
            text += String(decoding: part, as: UTF8.self)
            return true
        }
        Self.all.write(source, to: &exposition)
        exposition.finish()
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `is written as Prometheus reads it`() {
        #expect(
            scrape(Source(), .text) == [
                "# HELP x_taken_total Taken \"so\" far.", "# TYPE x_taken_total counter", "x_taken_total 3",
                "# HELP x_seconds Took.", "# TYPE x_seconds histogram",
                "x_seconds_bucket{verb=\"list\",le=\"0.5\"} 1", "x_seconds_bucket{verb=\"list\",le=\"1\"} 1",
                "x_seconds_bucket{verb=\"list\",le=\"+Inf\"} 3", "x_seconds_sum{verb=\"list\"} 4.5",
                "x_seconds_count{verb=\"list\"} 3",
                "# HELP x_latency Quantiles.", "# TYPE x_latency summary",
                "x_latency{verb=\"a\\\"b\",quantile=\"0.5\"} 0.25",
            ])
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "0"), (-17, "-17"), (1e9, "1000000000"), (999_999_999_999_999, "999999999999999"),
        (1e15, "1000000000000000.0"),
        (-1e300, "-1e+300"), (0.1, "0.1"), (-2.5, "-2.5"), (1.0 / 3, "0.3333333333333333"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `writes numbers so that Prometheus reads the same`(value: Double, written: String) {
        let table = MetricTable<Double>([.optional("x", .gauge, help: "X.", if: "always") { $0 }])
        var text = ""
        var exposition = Exposition(.text) { part in
            text += String(decoding: part, as: UTF8.self)
            return true
        }
        table.write(value, to: &exposition)
        exposition.finish()
        #expect(text.split(separator: "\n").last == "x \(written)")
    }

    @Test(arguments: 0..<4) func `writes numbers of any size with as few digits as tell them apart`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let values = (0..<2_000).map { number -> Double in
            let nanos = Int64.random(in: 1..<1 << Int64.random(in: 1...62, using: &random), using: &random)
            let value = Double(nanos) / [1e9, 1e9, 1e6, 3e7][number % 4]
            return number % 5 == 0 ? value.nextUp : value
        }
        let table = MetricTable<[Double]>([
            .family("x", .gauge, help: "X.") { values, exposition in for value in values { exposition.sample(value) } }
        ])
        var text = ""
        var exposition = Exposition(.text) { part in
            text += String(decoding: part, as: UTF8.self)
            return true
        }
        table.write(values, to: &exposition)
        exposition.finish()
        let written = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { String($0.dropFirst(2)) }
        #expect(written == values.map { $0 == $0.rounded() && $0 < 1e15 ? "\(Int64($0))" : "\($0)" })
    }

    @Test func `is written in OpenMetrics with units and an end`() {
        let lines = scrape(Source(), .openMetrics)
        #expect(
            lines.prefix(4) == [
                "# HELP x_taken Taken \\\"so\\\" far.", "# TYPE x_taken counter", "# UNIT x_taken bytes",
                "x_taken_total 3",
            ])
        #expect(lines.last == "# EOF")
    }

    @Test func `omits families without samples, and has them otherwise`() {
        let without = scrape(Source(), .text)
        #expect(!without.contains { $0.contains("x_oldest") || $0.contains("x_part") })
        let with = scrape(Source(oldest: 7, part: 8), .text)
        #expect(with.contains("x_oldest 7") && with.contains("x_part 8"))
    }

    @Test func `lists every family that it may write, with its labels and its condition`() {
        #expect(
            Self.all.families.map(\.shownName) == ["x_taken_total", "x_oldest", "x_seconds", "x_latency", "x_part"])
        #expect(Self.all.families.map(\.labels) == [[], [], ["verb"], ["verb"], []])
        #expect(
            Self.all.families.map(\.condition) == [nil, "there is one", nil, nil, "there is a part"])
    }

    @Test func `reads a part once for all of its families, so that they agree`() {
        final class Source {
            private var reads = 0

            func next() -> Int {
                reads += 1
                return reads
            }
        }
        let part = MetricTable<Int>([.counter("x_first", help: "A.") { $0 }, .counter("x_second", help: "B.") { $0 }])
        let table = part.read { (source: Source) in source.next() }
        var text = ""
        var exposition = Exposition(.text) { part in
            text += String(decoding: part, as: UTF8.self)
            return true
        }
        table.write(Source(), to: &exposition)
        exposition.finish()
        #expect(text.split(separator: "\n").filter { !$0.hasPrefix("#") } == ["x_first_total 1", "x_second_total 1"])
    }
}
