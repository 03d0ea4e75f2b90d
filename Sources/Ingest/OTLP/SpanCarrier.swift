import Support

/// The fields of OTLP that lead to spans. Unknown fields are ignored, as OTLP demands; but where one of these is missing, and
/// another stands there whose name is nearly one of theirs, spans would be lost in silence.
package enum SpanCarrier: String, CaseIterable, Sendable {
    case resourceSpans, scopeSpans, spans

    /// The one that a message has; nil where it has none.
    init?(of message: OTLPMessage) {
        switch message {
        case .request: self = .resourceSpans
        case .resourceSpans: self = .scopeSpans
        case .scopeSpans: self = .spans
        default: return nil
        }
    }

    /// Whether a name may be meant for one that leads to spans: a slip of the finger, or one of another level.
    static func isNearlyOne(_ name: String) -> Bool {
        guard name.utf8.count <= 24 else { return false }
        let bare = name.lowercased().filter { $0 != "_" && $0 != "-" }
        return allCases.contains { carrier in
            let limit = carrier == .spans ? 1 : 2
            return EditDistance.between(bare, carrier.rawValue.lowercased()) <= limit
        }
    }
}

/// Looks among the fields of one message for the one that leads to spans.
struct SpanCarrierSearch {
    private let carrier: SpanCarrier?
    private var isFound = false
    /// Where the value of a field begins whose name is nearly right.
    private var nearMiss: Int?

    init(_ message: OTLPMessage) {
        carrier = SpanCarrier(of: message)
    }

    mutating func note(_ field: OTLPMessage.Field) {
        if let carrier, field.name == carrier.rawValue { isFound = true }
    }

    /// Looks at a field that is unknown, before its value is read.
    mutating func note(unknown key: String, _ reader: inout JSONReader) {
        guard carrier != nil, nearMiss == nil, SpanCarrier.isNearlyOne(key) else { return }
        let next = reader.peek()
        if next == UInt8(ascii: "[") || next == UInt8(ascii: "{") { nearMiss = reader.offset }
    }

    /// - Throws: for a message that has its spans under another name than its own.
    func finish() throws(DecodeError) {
        guard let carrier, let nearMiss, !isFound else { return }
        throw DecodeError(.json(.misspelled(carrier)), at: nearMiss)
    }
}
