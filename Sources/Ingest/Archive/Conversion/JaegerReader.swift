import OTLP
import Support

/// Reads Jaeger's JSON. Any field may be invalid: such parts are left out and counted, and the rest is kept.
struct JaegerReader {
    var omissions = Omissions()

    /// nil if there is no list of spans.
    mutating func trace(_ reader: inout JSONReader) throws(DecodeError) -> JaegerTrace? {
        var trace = JaegerTrace()
        var traceID: [UInt8]?
        var hasSpans = false
        _ = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
            switch key {
            case "traceID": traceID = JaegerTrace.id(try reader.scalar(), bytes: 16)
            case "spans":
                hasSpans = try reader.forEachElementOfArray { (reader) throws(DecodeError) in
                    if let span = try span(&reader) { trace.spans.append(span) }
                }
            case "processes":
                _ = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
                    trace.processes[key] = try process(&reader, named: key)
                }
            default: try reader.skipValue(of: key)
            }
        }
        guard hasSpans else { return nil }
        for index in trace.spans.indices.reversed() where trace.spans[index].traceID == nil {
            trace.spans[index].traceID = traceID
            guard traceID == nil else { continue }
            omissions.add(.span, "\(Self.name(trace.spans[index].spanID)) has no traceID")
            trace.spans.remove(at: index)
        }
        return trace
    }

    private mutating func span(_ reader: inout JSONReader) throws(DecodeError) -> JaegerTrace.Span? {
        let offset = reader.offset
        var (traceID, spanID, start, duration): (JSONScalar?, JSONScalar?, JSONScalar?, JSONScalar?)
        var span = JaegerTrace.Span(spanID: [], start: 0, end: 0)
        let isObject = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
            switch key {
            case "traceID": traceID = try reader.scalar()
            case "spanID": spanID = try reader.scalar()
            case "parentSpanID": span.parentSpanID = JaegerTrace.id(try reader.scalar(), bytes: 8)
            case "operationName": span.name = try reader.scalar()?.text ?? []
            case "startTime": start = try reader.scalar()
            case "duration": duration = try reader.scalar()
            case "processID": span.processID = try reader.scalar()?.string
            case "process": span.process = try process(&reader, named: "of a span")
            case "tags": span.tags = try tags(&reader)
            case "logs": span.logs = try logs(&reader)
            case "references": span.references = try references(&reader)
            default: try reader.skipValue(of: key)
            }
        }
        let name = spanID.map { Self.quoted($0.string) } ?? "at byte \(offset)"
        guard isObject else { return leaveOut(.span, "\(name) is not an object") }
        guard let id = JaegerTrace.id(spanID, bytes: 8) else {
            return leaveOut(.span, "\(name) has no spanID in hexadecimal")
        }
        span.traceID = JaegerTrace.id(traceID, bytes: 16)
        if traceID != nil, span.traceID == nil {
            return leaveOut(.span, "\(name) has no traceID in hexadecimal")
        }
        guard let start = start?.nanosecondsOfMicroseconds else {
            return leaveOut(.span, "\(name) has no startTime in microseconds")
        }
        guard let duration = duration?.nanosecondsOfMicroseconds else {
            return leaveOut(.span, "\(name) has no duration in microseconds")
        }
        span.spanID = id
        span.start = start
        let (end, isBeyond) = start.addingReportingOverflow(duration)
        span.end = isBeyond ? .max : end
        return span
    }

    /// nil if it isn't an object.
    private mutating func process(
        _ reader: inout JSONReader, named name: String
    ) throws(DecodeError) -> JaegerTrace.Process? {
        var process = JaegerTrace.Process()
        let isNull = reader.peek() == UInt8(ascii: "n")
        let isObject = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
            switch key {
            case "serviceName": process.service = try reader.scalar()?.text
            case "tags": process.tags = try tags(&reader)
            default: try reader.skipValue(of: key)
            }
        }
        if isObject { return process }
        if !isNull { omissions.add(.process, "\(Self.quoted(name)) is not an object") }
        return nil
    }

    private mutating func tags(_ reader: inout JSONReader) throws(DecodeError) -> [JaegerTrace.Tag] {
        var tags: [JaegerTrace.Tag] = []
        let isNull = reader.peek() == UInt8(ascii: "n")
        let isList = try reader.forEachElementOfArray { (reader) throws(DecodeError) in
            var (tagKey, type, value): (JSONScalar?, JSONScalar?, JSONScalar?)
            let offset = reader.offset
            let isObject = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
                switch key {
                case "key": tagKey = try reader.scalar()
                case "type": type = try reader.scalar()
                case "value": value = try reader.scalar()
                default: try reader.skipValue(of: key)
                }
            }
            guard isObject, let tagKey else { return omissions.add(.tag, "no key at byte \(offset)") }
            guard let value else {
                return omissions.add(
                    .tag, "\(Self.quoted(tagKey.string)) has no string, number or boolean as its value")
            }
            tags.append(JaegerTrace.Tag(key: tagKey.text, value: JaegerTrace.Value(value, type: type?.string)))
        }
        if !isList, !isNull { omissions.add(.tag, "tags are not a list") }
        return tags
    }

    private mutating func logs(_ reader: inout JSONReader) throws(DecodeError) -> [JaegerTrace.Log] {
        var logs: [JaegerTrace.Log] = []
        let isNull = reader.peek() == UInt8(ascii: "n")
        let isList = try reader.forEachElementOfArray { (reader) throws(DecodeError) in
            let offset = reader.offset
            var timestamp: JSONScalar?
            var fields: [JaegerTrace.Tag] = []
            let isObject = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
                switch key {
                case "timestamp": timestamp = try reader.scalar()
                case "fields": fields = try tags(&reader)
                default: try reader.skipValue(of: key)
                }
            }
            guard isObject, let time = timestamp?.nanosecondsOfMicroseconds else {
                return omissions.add(.log, "no timestamp in microseconds at byte \(offset)")
            }
            logs.append(JaegerTrace.Log(time: time, fields: fields))
        }
        if !isList, !isNull { omissions.add(.log, "logs are not a list") }
        return logs
    }

    private mutating func references(_ reader: inout JSONReader) throws(DecodeError) -> [JaegerTrace.Reference] {
        var references: [JaegerTrace.Reference] = []
        let isNull = reader.peek() == UInt8(ascii: "n")
        let isList = try reader.forEachElementOfArray { (reader) throws(DecodeError) in
            let offset = reader.offset
            var (traceID, spanID, type): (JSONScalar?, JSONScalar?, JSONScalar?)
            _ = try reader.forEachKeyOfObject { (key, reader) throws(DecodeError) in
                switch key {
                case "traceID": traceID = try reader.scalar()
                case "spanID": spanID = try reader.scalar()
                case "refType": type = try reader.scalar()
                default: try reader.skipValue(of: key)
                }
            }
            let trace = JaegerTrace.id(traceID, bytes: 16)
            guard let id = JaegerTrace.id(spanID, bytes: 8), trace != nil || traceID == nil else {
                return omissions.add(.reference, "no hexadecimal ids at byte \(offset)")
            }
            references.append(
                JaegerTrace.Reference(traceID: trace, spanID: id, isChildOf: type?.string != "FOLLOWS_FROM"))
        }
        if !isList, !isNull { omissions.add(.reference, "references are not a list") }
        return references
    }

    private mutating func leaveOut(_ kind: Omissions.Kind, _ example: @autoclosure () -> String) -> JaegerTrace.Span? {
        omissions.add(kind, example())
        return nil
    }

    private static func quoted(_ text: String) -> String { "\"\(text.prefix(64))\"" }

    private static func name(_ id: [UInt8]) -> String {
        quoted(String(decoding: Hex.text(id), as: UTF8.self))
    }
}
