import Engine

/// What the silence of a process means. Times are in nanoseconds since the epoch.
struct ProcessEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// It is back, and a new process.
        case restarted
        /// It isn't heard.
        case silent
    }

    /// What it is about.
    enum Extent: Hashable, Sendable {
        /// A process, or all of a kind.
        case all
        /// Some of several API servers, while others are heard.
        case some
    }

    var kind: Kind
    var extent = Extent.all
    /// When it was last heard.
    var since: Int64
    /// When it was heard again; nil if it wasn't yet.
    var until: Int64?
    var cluster: String
    var side: Side?
    /// nil unless it is one of several.
    var instance: String?
    var certainty: Verdict.Certainty
    /// One sentence.
    var why: String

    var severity: IncidentSeverity {
        switch (kind, extent) {
        case (.restarted, _): .info
        case (.silent, .some): .warning
        case (.silent, .all): .critical
        }
    }

    var evidence: AlertEvidence {
        let component: Component? =
            switch side {
            case .apiServer: .apiServer
            case .etcd: .etcd
            case .connection, .webhook, nil: nil
            }
        return AlertEvidence(
            culprit: AlertEvidence.Culprit(
                side: side?.rawValue, component: component.map { Component.builtinNames[Int($0.number)] },
                instance: instance, certainty: certainty, why: why),
            components: [], traces: [])
    }
}
