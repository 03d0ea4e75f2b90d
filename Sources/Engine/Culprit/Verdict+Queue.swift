import Support

/// What the verdict says about requests that queue although nothing that they queue for explains it.
extension Evidence {
    /// Requests wait longer in a queue than anything they queue for explains.
    func slowQueue(_ component: Component) -> Verdict {
        var clauses = [
            "requests waited \(VerdictText.grown(part(component))) in \(VerdictText.name(component, names))"
        ]
        if component == .priorityAndFairness { clauses += behindQueue }
        clauses.append(beside(part(component)))
        let isClear = etcd.trend == .unchanged && isGreat(part(component))
        return Verdict(
            side: .apiServer, component: component, certainty: isClear ? .clear : .likely,
            why: "apiserver: \(clauses.joined(separator: "; "))")
    }

    /// What requests queue for, and which kind of request there is more of.
    private var behindQueue: [String] {
        let held = parts.indices.map { Component(UInt8($0)) }
            .filter { !Component.queues.contains($0) && !Component.ownWork.contains($0) && $0 != .authentication }
        let longer = held.filter(isLonger).map { "\(VerdictText.name($0, names)) (\(VerdictText.grown(part($0))))" }
        var clauses: [String] = []
        if let flow { clauses.append("\(VerdictText.kind(requests[flow.series])) \(VerdictText.grown(flow))") }
        if !longer.isEmpty { clauses.append("\(longer.listed()) took longer too") }
        let work =
            ownWork.trend == .grew
            ? "the API server's own work took \(VerdictText.grown(ownWork)), which is at most a third of the time added"
            : VerdictText.beside(
                ownWork, while: part(.priorityAndFairness), "the API server's own work is", "the API server's own work")
        return clauses + [work]
    }
}

/// A kind of request that there is much more of, or that occupies the API server for much longer: it has doubled, and is at
/// least a third of what was added and a twentieth of all.
struct GrownFlow: Equatable, Sendable {
    /// Of requests.
    var series: Int
    /// Requests a second.
    var rate: Double
    var rateBefore: Double
    /// Of the mean request outside queues, nanoseconds; 0 without any before.
    var time: Double
    var timeBefore: Double
}

extension VerdictText {
    /// `came 40 times a second instead of 1.3 times`, or how much longer each took.
    static func grown(_ flow: GrownFlow) -> String {
        if flow.rate >= 2 * flow.rateBefore {
            let before = flow.rateBefore > 0 ? "\(rate(flow.rateBefore)) times" : "never"
            return "came \(rate(flow.rate)) times a second instead of \(before)"
        }
        return "took \(duration(Int64(flow.time))) instead of \(duration(Int64(flow.timeBefore))) on average, "
            + "\(rate(flow.rate)) times a second"
    }
}
