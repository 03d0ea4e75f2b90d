/// What a question is about may be slow beside something else that is slower. Two faults at once have two verdicts then, each for
/// the alerts about it.
extension Evidence {
    /// The verdict on components that a question is about, whatever else is slow; nil if they aren't, or may be slow because of
    /// something else.
    func verdict(onSlow asked: [Component]) -> Verdict? {
        guard !areFiltersSlow else { return nil }
        let slow = asked.filter { $0.isOutsideWait && isSlow($0) && excess($0) > 0 && isSlowByItself($0) }
        if let slowest = slow.max(by: { excess($0) < excess($1) }) {
            return slowWait(slowest, besides: slowByThemselves.filter { $0 != slowest })
        }
        // Neither etcd nor the way there waits for what else requests wait for.
        guard asked.contains(.etcd) || asked.contains(.etcdClient), slowestWait != nil, let verdict = ofProcesses,
            verdict.certainty == .clear, verdict.side == .etcd || verdict.side == .connection
        else { return nil }
        return verdict
    }

    /// Whether nothing else explains that a component of which the API server waits takes longer.
    private func isSlowByItself(_ component: Component) -> Bool {
        let isAlone = ownWork.trend == .unchanged && etcd.trend == .unchanged && connection.trend == .unchanged
        if isAlone, component.isWebhook, queue == nil || holdsSeats(component) { return true }
        return isOverwhelming(component) && (component.neverCallsBack || outlastsCalls(component))
    }

    /// Whether it takes far longer, while the API server's own work doesn't take longer: a process that lacks CPU waits longer
    /// for everything.
    private func isOverwhelming(_ component: Component) -> Bool {
        (ownWork.trend == .unchanged || ownWorkWithoutEtcd.trend == .unchanged)
            && part(component).greatest >= VerdictText.overwhelming
    }

    /// The components that are slow for reasons of their own.
    private var slowByThemselves: [Component] {
        let waits = excess.indices.map { Component(UInt8($0)) }.filter {
            $0.isOutsideWait && isSlow($0) && isOverwhelming($0)
        }
        return etcd.trend == .grew || connection.trend == .grew ? waits + [.etcd, .etcdClient] : waits
    }

    /// Whether calls of a component take so long that calling back doesn't explain it: a webhook may ask the API server, and
    /// waits for etcd then, and in the queue.
    private func outlastsCalls(_ component: Component) -> Bool {
        let growth = part(component)
        return [0.5, 0.9, 0.99].contains { quantile in
            guard let now = growth.now.quantile(quantile), let before = growth.before.quantile(quantile),
                now >= 2 * before
            else { return false }
            let call = [etcd, connection].reduce(queue ?? 0) { $0 + ($1.now.quantile(quantile) ?? 0) }
            return now / Self.callsMax >= call
        }
    }

    /// Hardly anything calls back more often, one call after the other.
    private static let callsMax: Int64 = 5
}

extension Component {
    /// Whether it never asks the API server that asks it.
    fileprivate var neverCallsBack: Bool { self == .authentication || self == .authorization || self == .transform }
}
