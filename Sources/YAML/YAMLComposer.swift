import Support

/// Builds a document's tree from events. Anchors and aliases, with which a few lines can expand to gigabytes, are
/// refused on sight, so the tree is no larger than the text.
struct YAMLComposer: ~Copyable {
    /// Rule and configuration files nest seven deep; reading recurses as deep as the file nests.
    static let depthLimit = 32

    private var events: YAMLEventReader

    init(_ bytes: [UInt8]) throws(YAMLSyntaxError) {
        events = try YAMLEventReader(bytes)
    }

    /// The only document of the stream; nil if there is none.
    mutating func document(_ diagnostics: inout Diagnostics) throws(YAMLSyntaxError) -> YAMLNode? {
        _ = try events.next()  // the start of the stream
        guard case .documentStart = try events.next().kind else { return nil }
        let root = try node(from: try events.next(), depth: 1, &diagnostics)
        _ = try events.next()  // the end of the document
        let following = try events.next()
        if case .documentStart = following.kind {
            diagnostics.report(following.start, "a second document (\"---\"); a file holds one")
        }
        return root
    }

    private mutating func node(
        from event: YAMLEvent, depth: Int, _ diagnostics: inout Diagnostics
    ) throws(YAMLSyntaxError) -> YAMLNode {
        guard depth <= Self.depthLimit else {
            throw YAMLSyntaxError(
                location: .position(event.start), problem: "nested more than \(Self.depthLimit) deep")
        }
        if event.hasAnchor {
            throw YAMLSyntaxError(
                location: .position(event.start),
                problem: "anchors (\"&\") are not accepted; repeat what they stand for")
        }
        if event.hasTag { diagnostics.report(event.start, "tags (\"!\") are not accepted; leave it out") }
        switch event.kind {
        case .scalar(let text, let style):
            return YAMLNode(kind: .scalar(text, style), start: event.start, end: event.end)
        case .sequenceStart: return try sequence(from: event, depth: depth, &diagnostics)
        case .mappingStart: return try mapping(from: event, depth: depth, &diagnostics)
        case .alias:
            throw YAMLSyntaxError(
                location: .position(event.start),
                problem: "aliases (\"*\") are not accepted; quote text that starts with \"*\"")
        default:
            throw YAMLSyntaxError(location: .position(event.start), problem: "unexpected end")
        }
    }

    private mutating func sequence(
        from start: YAMLEvent, depth: Int, _ diagnostics: inout Diagnostics
    ) throws(YAMLSyntaxError) -> YAMLNode {
        var elements: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind {
                return YAMLNode(kind: .sequence(elements), start: start.start, end: event.end)
            }
            elements.append(try node(from: event, depth: depth + 1, &diagnostics))
        }
    }

    private mutating func mapping(
        from start: YAMLEvent, depth: Int, _ diagnostics: inout Diagnostics
    ) throws(YAMLSyntaxError) -> YAMLNode {
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind {
                return YAMLNode(kind: .mapping(entries), start: start.start, end: event.end)
            }
            let key = try node(from: event, depth: depth + 1, &diagnostics)
            let value = try node(from: try events.next(), depth: depth + 1, &diagnostics)
            guard case .scalar(let name, _) = key.kind else {
                diagnostics.report(key.start, "expected a name before \":\", but found \(key.phrase)")
                continue
            }
            if let line = lines.updateValue(lines[name] ?? key.start.line, forKey: name) {
                diagnostics.report(
                    key.start, "duplicate key \(PrintableText.quote(name)); it is already on line \(line)")
                continue
            }
            entries.append(YAMLNode.Entry(key: name, keyPosition: key.start, value: value))
        }
    }
}
