import Support

/// The OTLP fields that contain spans. OTLP requires unknown fields to be ignored, but if one of these is missing and a
/// similarly named field is present, spans would be lost silently.
package enum SpanCarrier: String, CaseIterable, Sendable {
    case resourceSpans, scopeSpans, spans

    /// The field of a message; nil if it has none.
    init?(of message: OTLPMessage) {
        switch message {
        case .request: self = .resourceSpans
        case .resourceSpans: self = .scopeSpans
        case .scopeSpans: self = .spans
        default: return nil
        }
    }

    /// Whether a name is probably meant to be one of these: a typo, or the name of another level.
    static func isNearlyOne(_ name: String) -> Bool {
        guard name.utf8.count <= 24 else { return false }
        let bare = name.lowercased().filter { $0 != "_" && $0 != "-" }
        return allCases.contains { carrier in
            let limit = carrier == .spans ? 1 : 2
            return EditDistance.between(bare, carrier.rawValue.lowercased()) <= limit
        }
    }
}

/// Looks for the field with spans in one message.
struct SpanCarrierSearch {
    private let carrier: SpanCarrier?
    private var isFound = false
    /// The offset of the value of a similarly named field.
    private var nearMiss: Int?

    init(_ message: OTLPMessage) {
        carrier = SpanCarrier(of: message)
    }

    mutating func note(_ field: OTLPMessage.Field) {
        if let carrier, field.name == carrier.rawValue { isFound = true }
    }

    /// Examines an unknown field before its value is read.
    mutating func note(unknown key: String, _ reader: inout JSONReader) {
        guard carrier != nil, nearMiss == nil, SpanCarrier.isNearlyOne(key) else { return }
        let next = reader.peek()
        if next == UInt8(ascii: "[") || next == UInt8(ascii: "{") { nearMiss = reader.offset }
    }

    /// - Throws: if the message has its spans under a wrong name.
    func finish() throws(DecodeError) {
        guard let carrier, let nearMiss, !isFound else { return }
        throw DecodeError(.json(.misspelled(carrier)), at: nearMiss)
    }
}
