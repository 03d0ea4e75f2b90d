import Support
package import OTLP

/// Converts a JSON document from an archive to a single request on the wire. Accepts all known forms: an OTLP request,
/// one of its `ResourceSpans`, Tempo's responses (`batches`, `trace`) and Jaeger's (`data`, `result`, a bare trace).
package enum TraceDocument {
    /// - Throws: if the document has none of these forms, so that it doesn't pass for an empty one.
    package static func message(of json: RawSpan, _ omissions: inout Omissions) throws(DecodeError) -> [UInt8] {
        let (form, isEmpty) = try form(of: json)
        var reader = JSONReader(json)
        var translation = OTLPJSONTranslation(takesBase64IDs: true)
        switch form {
        case .request: try request(&reader, &translation)
        case .envelope(let name):
            try reader.forEachField { (key, reader) throws(DecodeError) in
                guard key == name else { return try reader.skipValue(of: key) }
                try request(&reader, &translation)
            }
        case .resourceSpans:
            let start = translation.writer.begin(1)
            try translation.fields(of: .resourceSpans, &reader, depth: 0)
            translation.writer.end(start)
        case .jaeger:
            return try JaegerImport.message(answer: &reader, &omissions)
        case .jaegerTrace:
            return try JaegerImport.message(trace: &reader, &omissions)
        case nil:
            // An exporter without data writes an empty object.
            guard isEmpty else { throw DecodeError(.json(.unknownDocument), at: 0) }
        }
        return translation.writer.bytes
    }

    private enum Form {
        case request, resourceSpans, jaeger, jaegerTrace
        /// A request inside another object: Tempo's `trace`, Jaeger's `result`.
        case envelope(String)
    }

    /// Whether a request has its list of `ResourceSpans` under this key, which is OTLP's or Tempo's.
    private static func isList(_ key: String) -> Bool {
        key == "batches" || OTLPMessage.request.field(key) != nil
    }

    private static func form(of json: RawSpan) throws(DecodeError) -> (form: Form?, isEmpty: Bool) {
        var reader = JSONReader(json)
        var found: Form?
        var keys: Set<String> = []
        try reader.forEachKey { (key, reader) throws(DecodeError) in
            let next = reader.peek()
            keys.insert(key)
            switch key {
            case _ where isList(key): found = .request
            case "trace" where next == UInt8(ascii: "{"), "result" where next == UInt8(ascii: "{"):
                if found == nil, try holdsList(reader) { found = .envelope(key) }
            case "data" where next == UInt8(ascii: "["): found = found ?? .jaeger
            default: break
            }
            try reader.skipValue(of: key)
        }
        guard reader.peek() == nil else { throw reader.failure(.trailingText) }
        if found == nil, keys.contains(where: { OTLPMessage.resourceSpans.field($0)?.name == "scopeSpans" }) {
            found = .resourceSpans
        }
        if found == nil, keys.contains("spans"), !keys.isDisjoint(with: ["traceID", "processes"]) {
            found = .jaegerTrace
        }
        return (found, keys.isEmpty)
    }

    private static func holdsList(_ reader: JSONReader) throws(DecodeError) -> Bool {
        var reader = reader
        var holdsList = false
        try reader.forEachKey { (key, reader) throws(DecodeError) in
            if isList(key) { holdsList = true }
            try reader.skipValue(of: key)
        }
        return holdsList
    }

    private static func request(
        _ reader: inout JSONReader, _ translation: inout OTLPJSONTranslation
    ) throws(DecodeError) {
        try reader.forEachField { (key, reader) throws(DecodeError) in
            guard let field = OTLPMessage.request.field(isList(key) ? "resourceSpans" : key) else {
                return try reader.skipValue(of: key)
            }
            try translation.values(of: field, &reader)
        }
    }
}

/// What was left out of a converted document: counts by kind, each with an example.
package struct Omissions: Equatable, Sendable {
    package enum Kind: CaseIterable, Sendable {
        case trace, span, process, tag, log, reference

        fileprivate func name(_ count: Int) -> String {
            let plural = self == .process ? "processes" : "\(self)s"
            return count == 1 ? "1 \(self)" : "\(count) \(plural)"
        }
    }

    private struct Left: Equatable {
        var count: Int
        var example: String
    }

    private var left: [Kind: Left] = [:]

    package init() {}

    package var isEmpty: Bool { left.isEmpty }

    /// - Parameter example: what is wrong and where. Evaluated only for the first of its kind.
    mutating func add(_ kind: Kind, _ example: @autoclosure () -> String) {
        if let known = left[kind] {
            left[kind]?.count = known.count + 1
        } else {
            left[kind] = Left(count: 1, example: example())
        }
    }

    /// One sentence for each kind.
    package var texts: [String] {
        Kind.allCases.compactMap { kind in
            left[kind].map { "left out \(kind.name($0.count)); the first: \($0.example)" }
        }
    }
}
