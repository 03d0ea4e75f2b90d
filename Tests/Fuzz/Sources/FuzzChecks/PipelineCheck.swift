import Engine
import OTLP
import Pipeline
package import Report
import Rules
package import TestSupport

/// Odd but lawful traffic through the whole pipeline: appended in any cuts and order, evaluated and looked at in between,
/// attributed, given up by a small window, and told by every output. What is said is held against naive counts.
package struct PipelineCheck {
    let setting: PipelineSetting
    let traffic: OddTraffic
    let pipeline: Pipeline
    let log = EvaluationLog()
    var naive: NaiveTraffic
    private(set) var transitions: [AlertTransition] = []
    private var latest = Int64.min
    /// Whether no slot was attributed for good before all of its traces had come.
    private(set) var isAttributedWhole = true

    /// The bytes make all choices.
    package static func check(_ bytes: RawSpan) throws(Finding) {
        _ = try check(Choices(bytes.array))
    }

    /// - Returns: what a replay would have printed.
    @discardableResult
    package static func check(_ choices: Choices) throws(Finding) -> Report {
        var check = PipelineCheck(choices)
        try check.run()
        return try check.checkAll()
    }

    private init(_ choices: Choices) {
        var choices = choices
        setting = PipelineSetting(&choices)
        traffic = OddTraffic(&choices, hasDuplicates: !setting.givesUp)
        naive = NaiveTraffic(futureMax: setting.limits.futureMax)
        let log = log
        pipeline = Pipeline(
            rules: RuleEvaluator(PipelineRules.groups(setting)), limits: setting.limits,
            evaluationDelay: setting.evaluationDelay, attribution: setting.attribution,
            onEvaluation: { time, rules in log.note(time, rules.activeAlerts) })
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
                    throw Finding("lawful spans are refused: \(error)")
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
        isAttributedWhole = setting.settle > setting.settleMax || traffic.isWhole(within: setting.settle)
    }

    private func checkAll() throws(Finding) -> Report {
        let summary = pipeline.attributedSummary()
        try checkCounts(summary.counts)
        try checkRows(summary.view)
        try checkBreakdowns(summary.view)
        let isExactlyDivided = isExactlyDivided
        if isExactlyDivided { try checkDivision(summary.view) }
        try checkRules(isExactlyDivided: isExactlyDivided)
        try checkEvidence()
        try checkTraces()
        return try checkOutputs()
    }

    /// Whether it is told from the definition whose time every instant was: of ids that name two spans nobody can say.
    var isExactlyDivided: Bool {
        isAttributedWhole && !setting.givesUp && !traffic.isHuge && !naive.hasTwins && !naive.hasDetached
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
    /// Whether every trace has come before any of its slots is attributed for good.
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
