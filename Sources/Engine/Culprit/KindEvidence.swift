extension WindowView {
    /// The verdict about the requests of some series in an interval, where no process as a whole is slow; nil if no component
    /// of the API server took most of the time added to them. Few kinds don't move the evidence about processes.
    ///
    /// Its own work on few kinds is never clear: what delays it leaves no span, such as a plugin that encrypts. Time of calls
    /// to etcd can't be told from that of a process that waits for its turn, so only evidence about processes counts for it.
    func verdict(onRequests series: [Int32], _ comparison: Comparison, _ components: ComponentTable) -> Verdict? {
        var isWanted = [Bool](repeating: false, count: requests.count)
        for number in series where isWanted.indices.contains(Int(number)) { isWanted[Int(number)] = true }
        var evidence = Evidence()
        evidence.names = components.names
        measure(EvidenceMeters([], isWanted: isWanted), comparison).report(to: &evidence)
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
}
