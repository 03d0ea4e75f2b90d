import Engine
package import Support

/// What a daemon tells about who sends it spans.
package struct HeardSources: Sendable {
    package struct Status: Decodable, Sendable {
        var rejected: [String: Int]
        /// The daemon's clock, or the end of recorded spans.
        var now: String
        /// null for a daemon.
        var recorded_from: String?

        /// The daemon's time, Unix nanoseconds: its clock may differ from this machine's.
        package var clock: Int64? { Timestamp.parse(rfc3339: now) }
        /// The same if its spans are recorded ones.
        package var recordingEnd: Int64? { recorded_from == nil ? nil : clock }
    }

    package struct Source: Codable, Sendable {
        package var cluster: String
        package var service: String
        package var instance: String
        /// As the daemon's configuration knows its services.
        @OrNull var role: String?
        @OrNull package var version: String?
        package var spans: Int
        var late: Int
        @OrNull package var lateness_seconds: Double?
        package var first: String
        package var last: String
        @OrNull package var sampling_ratio: Double?
        @OrNull package var sampling_source: String?
        @OrNull package var clock_offset_seconds: Double?
        @OrNull package var dialect: String?

        var knownRole: ServiceRole { role.flatMap(ServiceRole.init) ?? .other }
        /// When its first and its last span ended, Unix nanoseconds.
        var firstEnd: Int64 { Timestamp.parse(rfc3339: first) ?? 0 }
        var lastEnd: Int64 { Timestamp.parse(rfc3339: last) ?? 0 }
        /// Service and instance.
        var name: String {
            PrintableText.escape(instance.isEmpty ? service : "\(service) \(instance)")
        }
    }

    /// The requests of `SettledTime`.
    package struct Request: Decodable, Sendable {
        struct Part: Decodable, Sendable {
            var component: String
            var seconds: Double
        }

        var cluster: String?
        var components: [Part]
    }

    package var status: Status
    package var sources: [Source]
    var requests: [Request]
    /// Of `SettledTime`.
    var operations: [CallFindings.Operation]
    /// Since the start.
    var refusals: [RefusedExports]
    /// Spans that left window and history since the daemon's clock was set back.
    var setBack: Int

    package init(
        status: Status, sources: [Source], requests: [Request], operations: [CallFindings.Operation],
        refusals: [RefusedExports], setBack: Int = 0
    ) {
        self.status = status
        self.sources = sources
        self.requests = requests
        self.operations = operations
        self.refusals = refusals
        self.setBack = setBack
    }
}
