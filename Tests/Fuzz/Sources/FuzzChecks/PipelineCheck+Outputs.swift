import Support
import API
import Engine
import Scrape
import Pipeline
import Report
import Rules
import TestSupport

extension PipelineCheck {
    /// Every output can be made, and counts the same spans.
    @discardableResult
    func checkOutputs() throws(Finding) -> Report {
        let summary = pipeline.attributedSummary()
        let alerts = pipeline.evaluation.alerts.map { AlertJSON($0) }
        let report = Report(summary, alerts: alerts)
        let counted = report.operations.reduce(0) { $0 + $1.count }
        try require(
            counted == summary.counts.accepted, "\(counted) spans in the report of \(summary.counts.accepted)")
        try checkSources(report.sources)
        do {
            _ = try report.json
            _ = try Report(summary.windowOnly, alerts: []).json
            _ = try JSONText.encode(pipeline.evaluation.groups.map { RuleGroupJSON($0) })
        } catch {
            throw Finding("no JSON: \(error)")
        }
        for format in [ExpositionFormat.text, .openMetrics] { try checkScrape(summary, format) }
        return report
    }

    private func checkScrape(_ summary: PipelineSummary, _ format: ExpositionFormat) throws(Finding) {
        var bytes: [UInt8] = []
        var exposition = Exposition(format) { part in
            bytes += part
            return true
        }
        EngineMetrics.table.write(
            EngineMetrics(
                summary: summary, components: pipeline.componentTotals(), hasExemplars: format == .openMetrics),
            to: &exposition)
        exposition.finish()
        var counted = 0.0
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            guard let value = line.split(separator: " ").last.flatMap({ Double($0) }), value.isFinite, value >= 0 else {
                throw Finding("a sample without a value: \(line)")
            }
            if line.hasPrefix("faultline_operation_duration_seconds_count") { counted += value }
        }
        try require(
            counted == Double(summary.counts.accepted), "\(counted) spans in the scrape of \(summary.counts.accepted)")
    }

    /// A trace contains exactly the spans that were accepted for it.
    func checkTraces() throws(Finding) {
        guard !setting.evicts else { return }
        // An id may stand for a trace of each cluster, and asking for it gives all of them.
        for (trace, spans) in Dictionary(grouping: naive.spans, by: \.traceIDInCluster) {
            let halves = [trace[..<8], trace[8...]].map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
            let found = pipeline.trace(TraceID(high: halves[0], low: halves[1])).spans
            try require(
                found.map { "\($0.start) \($0.duration)" }.sorted()
                    == spans.map { "\($0.start) \($0.duration)" }.sorted(),
                "\(found.count) spans of a trace instead of \(spans.count)")
            try require(
                zip(found, found.dropFirst()).allSatisfy { $0.start <= $1.start }, "a trace that is not in order")
        }
    }
}
