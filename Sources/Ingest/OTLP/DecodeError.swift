/// Why a body isn't a valid OTLP export request. The whole body is refused: nothing after the error can be trusted.
package struct DecodeError: Error, Equatable, CustomStringConvertible {
    /// Small and free of references, because every step of the decoder can throw it.
    package enum Code: Equatable, Sendable {
        case truncated
        case varintTooLong
        case invalidTag
        case wrongWireType
        case nestedTooDeep
        case json(JSONError)
    }

    package let code: Code
    /// In bytes from the start of the decompressed body.
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
        case .wrongWireType: "a field has the wrong wire type"
        case .nestedTooDeep: "values are nested more than \(AttributeValue.depthMax) deep"
        case .json(let error): error.description
        }
    }
}

/// Why a JSON text is invalid.
package enum JSONError: Equatable, Sendable, CustomStringConvertible {
    case unexpectedEnd
    /// This character was expected.
    case expected(UInt8)
    /// A comma or this character was expected.
    case expectedCommaOr(UInt8)
    case unexpected(UInt8)
    case expectedString
    case endlessString
    case unknownEscape
    case expectedHexDigits
    case expectedValue
    case longWord
    case expectedInteger
    case expectedNumber
    case expectedBase64
    case unknownEnumName
    case trailingText
    /// The request has other fields, but no `resourceSpans`.
    case noSpans
    /// The spans are under a misspelled name.
    case misspelled(SpanCarrier)
    /// A document in an archive has no known form.
    case unknownDocument
    /// No element of Jaeger's list is a trace.
    case noTraces

    package var description: String {
        switch self {
        case .unexpectedEnd: "unexpected end of JSON"
        case .expected(let byte): "expected \(Self.quoted(byte))"
        case .expectedCommaOr(let byte): "expected ',' or \(Self.quoted(byte))"
        case .unexpected(let byte): "unexpected \(Self.quoted(byte))"
        case .expectedString: "expected a string"
        case .endlessString: "a string is not terminated"
        case .unknownEscape: "unknown escape in a string"
        case .expectedHexDigits: "expected four hexadecimal digits"
        case .expectedValue: "expected a value"
        case .longWord: "a number or word is longer than 64 characters"
        case .expectedInteger: "expected an integer"
        case .expectedNumber: "expected a number"
        case .expectedBase64: "expected bytes in base64"
        case .unknownEnumName: "expected an enum's number or its name, such as SPAN_KIND_SERVER or STATUS_CODE_ERROR"
        case .trailingText: "unexpected data after the JSON object"
        case .noSpans: "found no resourceSpans"
        case .misspelled(let carrier): "found no \(carrier.rawValue)"
        case .unknownDocument:
            "found none of resourceSpans, scopeSpans, Tempo's batches or trace, Jaeger's data, result or spans"
        case .noTraces: "found no trace in Jaeger's data"
        }
    }

    private static func quoted(_ byte: UInt8) -> String { "'\(Character(Unicode.Scalar(byte)))'" }
}
