import NIOCore
import Pipeline
import Receivers
import Rules
import Support

/// Looks for changes while there are listeners, and notifies them.
struct EventTicker: Sendable {
    let surface: QueryServer.Surface
    let refusals: Refusals
    let pools: AnswerPools

    private static let period = Duration.milliseconds(500)
    private static let ticksPerStatus = 4

    /// Runs until it is cancelled.
    func run() async {
        var known: EventChanges?
        var ticks = 0
        while (try? await Task.sleep(for: Self.period)) != nil {
            guard pools.events.isHeard else {
                known = nil
                continue
            }
            let (before, isStatusDue) = (known, ticks % Self.ticksPerStatus == 0)
            ticks += 1
            let audiences = pools.events.audiences
            let found = try? await pools.queries.run { [surface] in
                var changes = before ?? EventChanges(surface.pipeline.evaluation)
                let events = try changes.update(surface.pipeline.evaluation)
                let statuses = isStatusDue ? try audiences.map { ($0, try Self.status(surface, of: $0)) } : []
                return (changes, events, statuses)
            }
            guard let (changes, events, statuses) = found else { continue }
            known = changes
            var slow: [SocketAddress?] = []
            for (cluster, event) in events { slow += pools.events.send(event) { $0 == nil || $0 == cluster } }
            for (audience, status) in statuses { slow += pools.events.send(status) { $0 == audience } }
            for peer in slow { refusals.count(.slowListener, peer: peer) }
        }
    }

    /// - Parameter cluster: nil for all.
    static func status(_ surface: QueryServer.Surface, of cluster: String?) throws -> ByteBuffer {
        try ServerSentEvent.text("status", StatusJSON(surface, in: nil, now: surface.now(), of: cluster))
    }
}

/// What listeners know of alerts and incidents.
struct EventChanges: Sendable {
    private struct Key: Hashable {
        var fingerprint: String
        var activeAt: Int64
    }

    private var incidents: [String: IncidentJSON]
    private var alerts: [Key: AlertState]

    init(_ evaluation: EvaluationSnapshot) {
        incidents = Self.incidents(evaluation)
        alerts = Self.alerts(evaluation).mapValues(\.state)
    }

    /// The events that say what has changed, with the cluster that each is about.
    mutating func update(_ evaluation: EvaluationSnapshot) throws -> [(cluster: String, event: ByteBuffer)] {
        let (incidentsNow, alertsNow) = (Self.incidents(evaluation), Self.alerts(evaluation))
        let changedAlerts = alertsNow.filter { alerts[$0.key] != $0.value.state }
            .sorted { ($0.key.activeAt, $0.key.fingerprint) < ($1.key.activeAt, $1.key.fingerprint) }
        let changedIncidents = incidentsNow.filter { incidents[$0.key] != $0.value }.sorted { $0.key < $1.key }
        incidents = incidentsNow
        alerts = alertsNow.mapValues(\.state)
        return try changedIncidents.map {
            ($0.value.cluster ?? "", try ServerSentEvent.text("incident", $0.value))
        }
            + changedAlerts.map {
                (
                    $0.value.labels["cluster"] ?? "",
                    try ServerSentEvent.text("alert", AlertJSON($0.value, isCurrent: true))
                )
            }
    }

    private static func incidents(_ evaluation: EvaluationSnapshot) -> [String: IncidentJSON] {
        Dictionary(evaluation.incidents.map { ($0.id, IncidentJSON($0)) }) { $1 }
    }

    private static func alerts(_ evaluation: EvaluationSnapshot) -> [Key: Alert] {
        let all = evaluation.resolvedAlerts + evaluation.alerts
        return Dictionary(all.map { (Key(fingerprint: $0.fingerprint, activeAt: $0.activeAt), $0) }) { $1 }
    }
}

/// The format of server-sent events (WHATWG HTML, "Server-sent events"). JSON has no line breaks.
enum ServerSentEvent {
    static func text(_ name: String, _ value: some Encodable) throws -> ByteBuffer {
        ByteBuffer(string: "event: \(name)\ndata: \(try JSONText.encode(value))\n\n")
    }
}
