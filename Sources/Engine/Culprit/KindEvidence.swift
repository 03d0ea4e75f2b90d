extension WindowView {
    /// The verdict about the requests of some series in an interval, where no process as a whole is slow; nil if no
    /// component of the API server took most of the time added to them. A few kinds don't move the evidence about
    /// processes.
    ///
    /// A verdict about its own work on a few kinds is never clear, because what delays it, such as an encryption
    /// plugin, leaves no span. The time of calls to etcd looks the same as that of a process waiting for CPU, so for it
    /// only evidence about processes counts.
    func verdict(onRequests series: [Int32], _ comparison: Comparison, _ components: ComponentTable) -> Verdict? {
        var evidence = evidence(onRequests: series, comparison)
        evidence.names = components.names
        if let cluster = series.first.map({ requests[Int($0)].cluster }) {
            let roles = operations.map { $0.cluster == cluster ? EvidenceGathering.role($0, components) : .none }
            evidence.webhooks = calledWebhooks(evidence, comparison, roles: roles)
        }
        guard let most = evidence.excess.indices.max(by: { evidence.excess[$0] < evidence.excess[$1] }) else {
            return nil
        }
        let component = Component(UInt8(most))
        let all = evidence.excess.reduce(0) { $0 + max($1, 0) }
        guard component.side == .apiServer || component.side == .webhook, evidence.isSlow(component),
            2 * evidence.excess(component) >= all
        else { return nil }
        var verdict = evidence.slowWait(component, in: "these requests")
        if !component.isOutsideWait { verdict.certainty = .likely }
        return verdict
    }

    /// The verdict about calls of webhooks, where no process as a whole is slow; nil if the calls are others, or no slower.
    ///
    /// - Parameter length: over which calls were noticed, nanoseconds. If there are few calls, they are compared over
    ///   this length too.
    func verdict(
        onCalls operations: [Int32], _ evidence: Evidence, _ comparison: Comparison, over length: Int64,
        ofCluster cluster: String, _ components: ComponentTable, _ digests: inout SlotDigests
    ) -> Verdict? {
        let webhooks = called(by: operations, components).filter(\.isWebhook)
        guard !webhooks.isEmpty else { return nil }
        if let verdict = evidence.verdict(onCallsOf: webhooks) { return verdict }
        let wider = comparison.over(length)
        guard wider != comparison else { return nil }
        return self.evidence(wider, ofCluster: cluster, components, &digests).verdict(onCallsOf: webhooks)
    }

    /// What some operations are calls or handlers of: webhooks, etcd, and the way there.
    func called(by operations: [Int32], _ components: ComponentTable) -> [Component] {
        let roles = Set(operations.map { EvidenceGathering.role(self.operations[Int($0)], components) })
        return EvidenceGathering.Role.called.filter { roles.contains($0.role) }.map(\.component)
    }

    /// The time of the components in the mean request of some series, largest growth first.
    package func componentGrowth(ofRequests series: [Int32], _ comparison: Comparison) -> [ComponentGrowth] {
        evidence(onRequests: series, comparison).components.sorted { $0.growth ?? $0.now > $1.growth ?? $1.now }
    }

    /// The part of the evidence that requests of some series give.
    private func evidence(onRequests series: [Int32], _ comparison: Comparison) -> Evidence {
        var isWanted = [Bool](repeating: false, count: requests.count)
        for number in series where isWanted.indices.contains(Int(number)) { isWanted[Int(number)] = true }
        var evidence = Evidence()
        measure(EvidenceMeters([], isWanted: isWanted), comparison).report(to: &evidence)
        return evidence
    }
}

extension Evidence {
    /// The verdict about calls of webhooks that take longer, where no process does. Few calls, of which few are slow,
    /// aren't conclusive evidence, but nothing else explains them. nil if something does, or if they don't take longer.
    func verdict(onCallsOf webhooks: [Component]) -> Verdict? {
        guard ownWork.trend == .unchanged, etcd.trend != .grew else { return nil }
        let slower = webhooks.filter(isLonger)
        guard let slowest = slower.max(by: { excess($0) < excess($1) }), excess(slowest) > 0 else { return nil }
        var verdict = slowWait(slowest)
        verdict.certainty = .likely
        return verdict
    }
}
