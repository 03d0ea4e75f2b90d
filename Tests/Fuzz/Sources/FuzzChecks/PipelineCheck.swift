import Engine
import OTLP
import Pipeline
package import Report
import Rules
package import TestSupport

/// Odd but legal traffic through the whole pipeline: cut and ordered in any way, evaluated and read in between,
/// attributed, evicted from a small window, and shown by every output. Every output is compared with naive counts.
package struct PipelineCheck {
    let setting: PipelineSetting
    let traffic: OddTraffic
    let pipeline: Pipeline
    let log = EvaluationLog()
    var naive: NaiveReport
    private(set) var transitions: [AlertTransition] = []
    private var latest = Int64.min
    /// Whether every trace was complete before any of its slots was settled.
    private(set) var isFullyAttributed = true

    /// The bytes make all choices.
    package static func check(_ bytes: RawSpan) throws(Finding) {
        _ = try check(Choices(bytes.array))
    }

    /// - Returns: the report that a replay would print.
    @discardableResult
    package static func check(_ choices: Choices) throws(Finding) -> Report {
        var check = PipelineCheck(choices)
        try check.run()
        return try check.checkAll()
    }

    private init(_ choices: Choices) {
        var choices = choices
        setting = PipelineSetting(&choices)
        traffic = OddTraffic(&choices, hasDuplicates: !setting.evicts)
        naive = NaiveReport(futureMax: setting.limits.futureMax)
        let log = log
        pipeline = Pipeline(
            rules: RuleEvaluator(PipelineRules.groups(setting)), limits: setting.limits,
            evaluationDelay: setting.evaluationDelay, attribution: setting.attribution,
            onEvaluation: { time, rules in log.note(time, rules.numberedAlerts.map(\.alert)) })
    }

    private mutating func run() throws(Finding) {
        var batch = SpanBatch()
        for (number, sent) in traffic.batches.enumerated() {
            transitions += pipeline.advance(to: sent.arrival)
            pipeline.note(clock: sent.arrival)
            for record in sent.records {
                batch.removeAll()
                do throws(DecodeError) {
                    try unsafe SpanDecoder().decode(record.span.bytes, into: &batch)
                } catch {
                    throw Finding("legal spans are refused: \(error)")
                }
                _ = pipeline.append(batch, arrival: sent.arrival)
            }
            naive.add(sent)
            log.appended(naive.spans.count)
            latest = sent.arrival
            if setting.looks, number % 3 == 0 { try checkOutputs() }
        }
        transitions += pipeline.evaluate(upTo: latest + 90 * PipelineSetting.second)
        if setting.settlesAtTheEnd { pipeline.note(clock: latest + 3600 * PipelineSetting.second) }
        isFullyAttributed = setting.settle > setting.settleMax || traffic.isWhole(within: setting.settle)
    }

    private func checkAll() throws(Finding) -> Report {
        let summary = pipeline.attributedSummary()
        try checkCounts(summary.counts)
        let isExactlyAttributed = isExactlyAttributed
        try checkRows(summary.view, isExactlyAttributed: isExactlyAttributed)
        try checkComponents(summary.view)
        if isExactlyAttributed { try checkAttribution(summary.view) }
        try checkRules(isExactlyAttributed: isExactlyAttributed)
        try checkEvidence()
        try checkTraces()
        return try checkOutputs()
    }

    /// Whether the definition says whose time every instant was. If an id names two spans, it doesn't.
    var isExactlyAttributed: Bool {
        isFullyAttributed && !setting.evicts && !traffic.isHuge && !naive.hasAmbiguousIDs && !naive.hasDetached
    }

    private func checkCounts(_ counts: SpanCounts) throws(Finding) {
        let received = traffic.batches.reduce(0) { $0 + $1.spans.count }
        try require(
            counts.received == received && counts.accepted == naive.spans.count && counts.duplicates == naive.duplicates
                && counts.rejections.total == naive.inFuture,
            "\(counts) of \(received) spans: \(naive.spans.count) new, \(naive.duplicates) again, \(naive.inFuture) in "
                + "the future")
    }
}

extension OddTraffic {
    /// Whether every trace is complete before any of its slots is settled.
    fileprivate func isWhole(within settle: Int64) -> Bool {
        var arrived: [[UInt8]: Int64] = [:]
        var settled: [[UInt8]: Int64] = [:]
        for batch in batches {
            for span in batch.spans {
                arrived[span.traceID] = max(arrived[span.traceID] ?? .min, batch.arrival)
                let slotEnd = (Int64(span.end) / 5_000_000_000 + 1) * 5_000_000_000
                settled[span.traceID] = min(settled[span.traceID] ?? .max, slotEnd)
            }
        }
        return arrived.allSatisfy { trace, arrival in arrival < (settled[trace] ?? .max) + settle }
    }
}
