/// Why a body is no OTLP export request. The whole body is refused: what follows the fault can't be trusted.
package struct DecodeError: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Code: Sendable {
        case truncated
        case varintTooLong
        case invalidTag
        case wrongWireType
        case nestedTooDeep
        case invalidJSON(String)
    }

    package let code: Code
    /// Bytes from the start of the (decompressed) body.
    package let offset: Int

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    package var description: String {
        "not an OTLP export request: \(what) at byte \(offset)"
    }

    private var what: String {
        switch code {
        case .truncated: "a length or number reaches past the end of its message"
        case .varintTooLong: "a varint is longer than 10 bytes"
        case .invalidTag: "field number 0 or a group"
        case .wrongWireType: "a field has another wire type than OTLP gives it"
        case .nestedTooDeep: "attribute values are nested more than \(AttributeValue.depthMax) deep"
        case .invalidJSON(let problem): problem
        }
    }

    package static func == (a: DecodeError, b: DecodeError) -> Bool {
        a.offset == b.offset && a.what == b.what
    }
}
