import Dispatch
import Foundation
import Rules
import Support
import YAML

/// `stdout: {format}` in a rule file.
struct StdoutDefinition: SinkDefinition {
    static let kind = "stdout"
    let format: StdoutFormat
    let subject: SinkSubject

    init(format: StdoutFormat, subject: SinkSubject = .alerts) {
        self.format = format
        self.subject = subject
    }

    init?(_ node: YAMLNode, _ diagnostics: inout Diagnostics) {
        if node.isNull {
            self.init(format: .text)
            return
        }
        guard let mapping = YAMLMapping(node, "stdout", fields: ["format", "send"], &diagnostics),
            let subject = SinkSubject.read(mapping, &diagnostics)
        else { return nil }
        guard let field = mapping["format"] else {
            self.init(format: .text, subject: subject)
            return
        }
        guard let format = field.choice("format", of: StdoutFormat.self, &diagnostics) else { return nil }
        self.init(format: format, subject: subject)
    }

    var identity: String { "\(Self.kind)-\(format.rawValue)\(subject.suffix)" }

    func sink(name: String, identity: String, links: AlertLinks) -> any AlertSink {
        StdoutSink(name: name, identity: identity, format: format, subject: subject)
    }
}

enum StdoutFormat: String, Hashable, Sendable, CaseIterable {
    case text
    case json
}

/// Writes a line for each alert that fires or resolves, or for each notification of an incident.
struct StdoutSink: AlertSink {
    let name: String
    let identity: String
    let subject: SinkSubject
    let batchLimit = 100
    private let format: StdoutFormat
    private let write: @Sendable (String) throws -> Void
    // A reader that stops reading blocks the write; on a separate thread, that holds up nothing else.
    private let queue = DispatchQueue(label: "faultline.stdout-sink")

    /// - Parameter write: writes complete lines; throws if there is no reader any more.
    init(
        name: String = "stdout", identity: String = "stdout", format: StdoutFormat,
        subject: SinkSubject = .alerts,
        write: @escaping @Sendable (String) throws -> Void = {
            try FileHandle.standardOutput.write(contentsOf: Data($0.utf8))
        }
    ) {
        self.name = name
        self.identity = identity
        self.format = format
        self.subject = subject
        self.write = write
    }

    func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        await withCheckedContinuation { continuation in
            queue.async {
                do {
                    try write(alerts.map { try line($0) + "\n" }.joined())
                    continuation.resume(returning: .delivered)
                } catch {
                    continuation.resume(returning: .rejected("standard output can't be written to"))
                }
            }
        }
    }

    func line(_ alert: Alert) throws -> String {
        switch (format, alert.incident?.incident) {
        case (.json, nil): try JSONText.encode(AlertJSON(alert))
        case (.json, let incident?): try JSONText.encode(incident)
        case (.text, nil): AlertLine.text(alert)
        case (.text, let incident?): IncidentLine.text(alert, incident)
        }
    }
}

/// An alert as one line for people.
enum AlertLine {
    /// `2026-11-23T04:15:46Z FIRING EtcdSlow {service="etcd"} value=212 ms since 2026-11-23T04:15:31Z: etcd is slow`
    static func text(_ alert: Alert) -> String {
        let time = Timestamp.rfc3339(alert.resolvedAt ?? alert.firedAt ?? alert.activeAt)
        let labels = alert.labels.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(PrintableText.quote($0.value, limit: 200))" }.joined(separator: " ")
        let value = alert.valueText.map { " value=\($0)" } ?? ""
        // The summary says most, so it comes first; the others are sorted.
        let notes = alert.annotations.sorted {
            ($0.key == "summary" ? "" : $0.key) < ($1.key == "summary" ? "" : $1.key)
        }
        .map { PrintableText.escape($0.value) }
        .joined(separator: "; ")
        let evidence = alert.state == .firing ? alert.evidence : nil
        let verdict = evidence.map { PrintableText.escape($0.culprit.text) }
        // `next` of most rules names it already.
        let culprit = verdict.map { notes.contains($0) ? "" : "; culprit: \($0)" } ?? ""
        return
            "\(time) \(alert.state.rawValue.uppercased()) \(PrintableText.escape(alert.name)) {\(labels)}\(value) "
            + "since \(Timestamp.rfc3339(alert.activeAt))" + (notes.isEmpty ? "" : ": \(notes)") + culprit
            + (alert.reason.map { "; resolved due to: \($0.rawValue)" } ?? "")
    }
}

/// A notification of an incident as one line for people.
enum IncidentLine {
    /// `2026-11-23T04:33:30Z INCIDENT OPEN 2026-11-23T04:33:30Z (critical): control plane incident: etcd (clear): …`
    static func text(_ alert: Alert, _ incident: IncidentJSON) -> String {
        let time = Timestamp.rfc3339(alert.resolvedAt ?? alert.firedAt ?? alert.activeAt)
        let parts = ["summary", "affects", "next"].compactMap { alert.annotations[$0] }.map { PrintableText.escape($0) }
        return
            "\(time) INCIDENT \(incident.state.rawValue.uppercased()) \(incident.id) (\(incident.severity.rawValue)): "
            + parts.joined(separator: "; ")
    }
}
