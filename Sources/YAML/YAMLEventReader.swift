// Yams can't be used for this. It builds its tree before anyone can look at it, expands aliases without a bound, hashes
// whole subtrees to find duplicate keys, reports only the first of those, and doesn't keep the end of a node. So this
// file reads the events of libyaml, which the Yams package includes as its C target.
internal import CYaml

/// An event of a YAML stream.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd
        case sequenceStart
        case mappingStart
        case scalar(String, YAMLScalarStyle)
        case alias
    }

    var kind: Kind
    var start: SourcePosition
    var end: SourcePosition
    var hasAnchor = false
    var hasTag = false
}

/// A syntax error, in libyaml's words.
struct YAMLSyntaxError: Error {
    enum Location {
        case position(SourcePosition)
        case byte(Int)
    }

    var location: Location
    var problem: String
}

/// Owns a libyaml parser and the bytes it reads. No pointer leaves this type.
@safe
struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// - Parameter bytes: valid UTF-8.
    init(_ bytes: [UInt8]) throws(YAMLSyntaxError) {
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        unsafe input = .allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw YAMLSyntaxError(location: .byte(0), problem: "out of memory")
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event; `streamEnd` is the last.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
        defer { unsafe yaml_event_delete(&event) }
        var result = unsafe YAMLEvent(
            kind: .streamEnd, start: Self.position(event.start_mark), end: Self.position(event.end_mark))
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: result.kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: result.kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: result.kind = .documentEnd
        case YAML_SEQUENCE_END_EVENT: result.kind = .sequenceEnd
        case YAML_MAPPING_END_EVENT: result.kind = .mappingEnd
        case YAML_ALIAS_EVENT: result.kind = .alias
        case YAML_SEQUENCE_START_EVENT:
            result.kind = .sequenceStart
            result.hasAnchor = unsafe event.data.sequence_start.anchor != nil
            result.hasTag = unsafe event.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            result.kind = .mappingStart
            result.hasAnchor = unsafe event.data.mapping_start.anchor != nil
            result.hasTag = unsafe event.data.mapping_start.tag != nil
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let text = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            result.kind = unsafe .scalar(String(decoding: text, as: UTF8.self), Self.style(scalar.style))
            result.hasAnchor = unsafe scalar.anchor != nil
            result.hasTag = unsafe scalar.tag != nil
        default: break
        }
        return result
    }

    private func syntaxError() -> YAMLSyntaxError {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "unreadable"
        guard unsafe parser.pointee.error == YAML_READER_ERROR else {
            return unsafe YAMLSyntaxError(
                location: .position(Self.position(parser.pointee.problem_mark)), problem: problem)
        }
        return YAMLSyntaxError(
            location: .byte(Int(clamping: unsafe parser.pointee.problem_offset)), problem: problem)
    }

    private static func style(_ style: yaml_scalar_style_t) -> YAMLScalarStyle {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    private static func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
