import Rules
import Synchronization

/// The evidence that alerts have, from evaluation to evaluation: while an alert fires it may become surer, and nobody is
/// told of that.
final class EvidenceLog: Sendable {
    private struct Entry {
        /// Of the evaluation, Unix nanoseconds.
        var time: Int64
        var evidence: [AlertKey: AlertEvidence]
    }

    /// Ascending; one for each evaluation that changed anything.
    private let entries = Mutex<[Entry]>([])

    /// Takes in what an evaluation left.
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

    /// What an alert had after the last evaluation until a time.
    func evidence(of alert: AlertKey, at time: Int64) -> AlertEvidence? {
        entries.withLock { entries in entries.last { $0.time <= time }?.evidence[alert] }
    }
}

/// Which alert of a set of rules.
struct AlertKey: Hashable {
    var rule: RuleNumber?
    var fingerprint: String
}
