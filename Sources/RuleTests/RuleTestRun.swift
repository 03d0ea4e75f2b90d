package import Archive
package import Engine
import Pipeline
import Replay
package import Rules
import Support
import Synchronization

/// Runs the tests of a file through the same pipeline as a replay.
package struct RuleTestRun {
    private let groups: [RuleGroup]
    private let limits: WindowLimits

    package init(_ groups: [RuleGroup], limits: WindowLimits) {
        self.groups = groups
        var limits = limits
        limits.duration = nil
        self.limits = limits
    }

    /// The result of a test.
    package struct Result: Sendable {
        /// Differences from what was expected.
        package var differences: [RuleTestDifference]
        /// What was wrong with the archive: a test over damaged spans proves nothing.
        package var problems: [String]
    }

    /// - Throws: `ArchiveError` for an archive that can't be read.
    package func result(_ test: RuleTest) throws(ArchiveError) -> Result {
        let (transitions, log, problems) = try run(test)
        let differences: [RuleTestDifference] = test.expectations.compactMap { expectation in
            let time: Int64 =
                switch expectation.time {
                case .absolute(let time): time
                case .sinceStart(let time): SyntheticSpans.start.addingSaturating(time)
                }
            let active = Self.active(transitions, log, at: time).filter { test.alerts?.contains($0.name) ?? true }
            let difference = RuleTestDifference(expectation, active)
            return difference.isEmpty ? nil : difference
        }
        return Result(differences: differences, problems: problems)
    }

    /// The transitions of alerts, their evidence if the test asks for it (finding it takes time that most tests don't
    /// need), and the problems of the archive.
    private func run(_ test: RuleTest) throws(ArchiveError) -> ([AlertTransition], EvidenceLog?, [String]) {
        let wantsEvidence = test.expectations.contains { $0.alerts.contains { $0.culprit != nil } }
        switch test.input {
        case .archive(let name):
            // A replay that has to start over gets a new pipeline and a new log.
            var log: EvidenceLog?
            let replay = try Replay(
                [name], endingIn: .min..<(.max), services: limits.services, memory: limits.bytesMax / 4
            ) {
                log = wantsEvidence ? EvidenceLog() : nil
                return pipeline(log)
            }
            while replay.step() {}
            if let failure = replay.failure { throw failure }
            var problems = replay.problems
            if replay.pipeline.summary().counts.received == 0, problems.isEmpty {
                problems = ["\(name): contains no spans"]
            }
            return (replay.transitions, log, problems)
        case .operations(let operations):
            let log = wantsEvidence ? EvidenceLog() : nil
            let times = test.expectations.map { expectation -> Int64 in
                if case .sinceStart(let time) = expectation.time { time } else { 0 }
            }
            return (Self.transitions(operations, until: times.max() ?? 0, pipeline(log)), log, [])
        }
    }

    private func pipeline(_ log: EvidenceLog?) -> Pipeline {
        Pipeline(rules: RuleEvaluator(groups), limits: limits, onEvaluation: { log?.note($0, $1) })
    }

    private static func transitions(
        _ operations: [SyntheticOperation], until last: Int64, _ pipeline: Pipeline
    ) -> [AlertTransition] {
        var spans = SyntheticSpans(operations)
        var transitions = pipeline.evaluate(upTo: SyntheticSpans.start)
        var time: Int64 = 0
        while time < max(last, spans.length) {
            time += 1_000_000_000
            var batch = SpanBatch()
            spans.append(endingBefore: time, to: &batch)
            let now = SyntheticSpans.start + time
            if batch.count > 0 { _ = pipeline.append(batch, arrival: now) }
            transitions += pipeline.evaluate(upTo: now)
        }
        return transitions
    }

    /// The pending and firing alerts at a time, as last notified, with the evidence they have by then.
    private static func active(
        _ transitions: [AlertTransition], _ log: EvidenceLog?, at time: Int64
    ) -> [Alert] {
        var active: [AlertKey: Alert] = [:]
        var order: [AlertKey] = []
        for transition in transitions where transition.time <= time {
            let key = AlertKey(rule: transition.rule, fingerprint: transition.alert.fingerprint)
            let isActive = transition.alert.state == .firing || transition.alert.state == .pending
            if active[key] == nil, isActive { order.append(key) }
            active[key] = isActive ? transition.alert : nil
            if !isActive { order.removeAll { $0 == key } }
        }
        return order.compactMap { key in
            var alert = active[key]
            if let evidence = log?.evidence(of: key, at: time) { alert?.evidence = evidence }
            return alert
        }
    }
}

/// The evidence of alerts, by evaluation: a firing alert's evidence may become more certain without a notification.
final class EvidenceLog: Sendable {
    private struct Entry {
        /// The time of the evaluation, in Unix nanoseconds.
        var time: Int64
        var evidence: [AlertKey: AlertEvidence]
    }

    /// Ascending; one for each evaluation that changed anything.
    private let entries = Mutex<[Entry]>([])

    /// Records the evidence after an evaluation.
    func note(_ time: Int64, _ rules: RuleEvaluator) {
        var evidence: [AlertKey: AlertEvidence] = [:]
        for (rule, alert) in rules.numberedAlerts {
            evidence[AlertKey(rule: rule, fingerprint: alert.fingerprint)] = alert.evidence
        }
        entries.withLock { entries in
            guard entries.last?.evidence != evidence else { return }
            entries.append(Entry(time: time, evidence: evidence))
        }
    }

    /// The evidence of an alert after the last evaluation at or before `time`.
    func evidence(of alert: AlertKey, at time: Int64) -> AlertEvidence? {
        entries.withLock { entries in entries.last { $0.time <= time }?.evidence[alert] }
    }
}

/// Identifies an alert of a set of rules.
struct AlertKey: Hashable {
    var rule: RuleNumber?
    var fingerprint: String
}
