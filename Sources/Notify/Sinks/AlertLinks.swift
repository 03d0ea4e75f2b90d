import Engine
import Rules
import Runbooks
import Support

/// Links from alerts to the page and the runbooks: `generatorURL` and `runbook_url` for their receivers.
package struct AlertLinks: Hashable, Sendable {
    /// `external_url` without a slash at its end; empty for no links.
    let base: String

    package static let none = AlertLinks(externalURL: nil)

    package init(externalURL: String?) {
        base = String((externalURL ?? "").reversed().drop { $0 == "/" }.reversed())
    }

    /// How long before and after an alert fires the page shows, in nanoseconds.
    private static let around: Int64 = 300_000_000_000

    /// Where the page shows the time at which the alert fired, or the incident; the same from the first notification to the last.
    /// Empty without `external_url`.
    func page(of alert: Alert) -> String {
        guard !base.isEmpty else { return "" }
        let time = alert.firedAt ?? alert.activeAt
        let tab = alert.incident == nil ? "alerts" : "incidents"
        let cluster = alert.labels["cluster"].map { "&cluster=\(Self.escaped($0))" } ?? ""
        let (from, to) = (time.subtractingSaturating(Self.around), time.addingSaturating(Self.around))
        return
            "\(base)/?tab=\(tab)&from=\(Self.escaped(Timestamp.rfc3339(from)))&to=\(Self.escaped(Timestamp.rfc3339(to)))"
            + cluster + (alert.incident.map { "#incident-\(Self.escaped($0.incident.id))" } ?? "")
    }

    /// The annotations for receivers: the alert's, with `culprit` and `runbook_url` unless the rule has them itself.
    func annotations(of alert: Alert) -> [String: String] {
        var annotations = alert.annotations
        if annotations["culprit"] == nil { annotations["culprit"] = alert.evidence?.culprit.text }
        if annotations["runbook_url"] == nil, !base.isEmpty {
            annotations["runbook_url"] = Runbooks.path(of: alert.name).map { base + $0 }
        }
        return annotations
    }

    /// Everything but unreserved characters is escaped (RFC 3986, section 2.3).
    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let character = Character(Unicode.Scalar(byte))
            let isUnreserved = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            result += isUnreserved ? String(character) : "%" + Hex.text(byte).uppercased()
        }
    }
}
