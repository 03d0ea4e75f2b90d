import Archive
import OTLP
import SpanTemplates

/// The export requests of an archive as bytes.
struct Capture {
    let requests: [[UInt8]]

    init(_ archives: [String]) throws {
        var requests: [[UInt8]] = []
        for archive in archives {
            var reader = try ArchiveReader(archive)
            var isJSON = false
            while try reader.next({ body, encoding in
                isJSON = encoding == .json
                requests.append(unsafe body.withUnsafeBytes { unsafe Array($0) })
            }) {
                if isJSON { throw CaptureError.json }
            }
        }
        guard !requests.isEmpty else { throw CaptureError.empty }
        self.requests = requests
    }
}

enum CaptureError: Error, CustomStringConvertible {
    case json
    case empty

    var description: String {
        switch self {
        case .json: "an archive of JSON lines can't be sent: ids and times are changed in the binary encoding"
        case .empty: "the archives hold no requests"
        }
    }
}

/// Cuts the requests of a capture to about equal size. Every span keeps its resource and scope.
struct Recut {
    /// `ExportTraceServiceRequest.resource_spans`, `ResourceSpans.scope_spans` and `ScopeSpans.spans`.
    private enum FieldNumber {
        static let resourceSpans: UInt64 = 1
        static let resource: UInt64 = 1
        static let scopeSpans: UInt64 = 2
        static let scope: UInt64 = 1
        static let spans: UInt64 = 2
    }

    private let size: Int
    /// By resource: one request never has spans of two processes.
    private var drafts: [[UInt8]: Draft] = [:]
    private(set) var requests: [[UInt8]] = []

    private struct Draft {
        /// Complete `scope_spans` fields.
        var scopes: [UInt8] = []
        var scope: [UInt8] = []
        /// `spans` fields of the current scope.
        var spans: [UInt8] = []

        var count: Int { scopes.count + scope.count + spans.count }

        mutating func endScope() {
            guard !spans.isEmpty else { return }
            scopes.appendField(FieldNumber.scopeSpans, scope + spans)
            spans = []
        }
    }

    static func cut(_ requests: [[UInt8]], to size: Int) throws(WireError) -> [[UInt8]] {
        var recut = Recut(size: size)
        for request in requests { try recut.add(request) }
        // Drop the remainder; smaller requests would blur the measurement.
        return recut.requests.isEmpty ? requests : recut.requests
    }

    private init(size: Int) {
        self.size = size
    }

    private mutating func add(_ request: [UInt8]) throws(WireError) {
        var fields = WireFields(request, 0..<request.count)
        while let field = try fields.next() {
            guard field.number == FieldNumber.resourceSpans, field.type == 2 else { continue }
            var resource: [UInt8] = []
            try WireFields.each(FieldNumber.resource, of: request, field.value) { (value) throws(WireError) in
                resource.appendField(FieldNumber.resource, request[value])
            }
            try addScopes(request, field.value, resource)
        }
    }

    private mutating func addScopes(
        _ request: [UInt8], _ range: Range<Int>, _ resource: [UInt8]
    ) throws(WireError) {
        var fields = WireFields(request, range)
        while let field = try fields.next() {
            guard field.number == FieldNumber.scopeSpans, field.type == 2 else { continue }
            var scope: [UInt8] = []
            try WireFields.each(FieldNumber.scope, of: request, field.value) { (value) throws(WireError) in
                scope.appendField(FieldNumber.scope, request[value])
            }
            var spans = WireFields(request, field.value)
            while let span = try spans.next() {
                guard span.number == FieldNumber.spans, span.type == 2 else { continue }
                add(request[span.value], scope, resource)
            }
        }
    }

    private mutating func add(_ span: ArraySlice<UInt8>, _ scope: [UInt8], _ resource: [UInt8]) {
        var draft = drafts.removeValue(forKey: resource) ?? Draft()
        if draft.scope != scope { draft.endScope() }
        draft.scope = scope
        draft.spans.appendField(FieldNumber.spans, span)
        if resource.count + draft.count >= size {
            draft.endScope()
            var request: [UInt8] = []
            request.appendField(FieldNumber.resourceSpans, resource + draft.scopes)
            requests.append(request)
        } else {
            drafts[resource] = draft
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendField(_ number: UInt64, _ value: some Collection<UInt8>) {
        appendVarint(number << 3 | 2)
        appendVarint(UInt64(value.count))
        append(contentsOf: value)
    }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
