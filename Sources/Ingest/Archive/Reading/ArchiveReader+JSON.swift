extension ArchiveReader {
    /// A larger value with a list of spans is split into parts of about this size, because decoding takes several times
    /// the memory.
    private static let partBytes = 8 << 20

    /// The next JSON value, or a part of one.
    mutating func nextValue() throws(ArchiveError) -> RecordBytes? {
        while try hasUnread() {
            resumeBehindLoss()
            if spanning.isEmpty {
                guard beginsValue() else { continue }
            }
            guard let end = endOfValue() else {
                let end = chunks.current.byteCount
                try spanValue(upTo: end)
                if spanning.count >= Self.partBytes, let part = cutPart() { return part }
                continue
            }
            guard spanning.isEmpty else {
                try spanValue(upTo: end)
                return .spanning(0..<spanning.count)
            }
            defer { position = end }
            return .chunk(position..<end)
        }
        // An incomplete value is refused when it is decoded.
        if !spanning.isEmpty { return .spanning(0..<spanning.count) }
        if json.isInArray {
            json = JSONSplitter()
            throw failure("the JSON array is not closed")
        }
        return nil
    }

    // These functions work on a copy of the splitter: `self` can't be mutated while its chunk is borrowed.

    /// Moves to the start of the next value; false if it isn't in this chunk.
    private mutating func beginsValue() -> Bool {
        var splitter = json
        position = splitter.skip(chunks.current, from: position)
        let begins = position < chunks.current.byteCount
        if begins { splitter.begin(chunks.current.byte(position)) }
        json = splitter
        return begins
    }

    private mutating func endOfValue() -> Int? {
        var splitter = json
        defer { json = splitter }
        return splitter.end(in: chunks.current, from: position)
    }

    private mutating func spanValue(upTo end: Int) throws(ArchiveError) {
        guard spanning.count + end - position <= Self.recordBytesMax else {
            let what = json.list == nil ? "a JSON value" : "an element of a JSON value's list"
            throw failure("\(what) is larger than \(Self.recordBytesMax) bytes")
        }
        span(upTo: end, of: Self.recordBytesMax)
    }

    private func failure(_ problem: String) -> ArchiveError {
        hasContent ? damage(problem) : ArchiveError(.unreadable, name, "is not a span archive: \(problem)")
    }

    /// Takes the complete elements of the list as a value of the same form.
    private mutating func cutPart() -> RecordBytes? {
        guard let list = json.list, let comma = list.comma else { return nil }
        part = Array(spanning[..<comma]) + list.closing
        spanning.removeSubrange(list.prefix...comma)
        json.cut()
        return .part
    }

    /// After skipped damage, the next byte may be in the middle of a value. Unless it starts an object, moves to the
    /// next line.
    private mutating func resumeBehindLoss() {
        guard seenDiscontinuities != chunks.discontinuities else { return }
        seenDiscontinuities = chunks.discontinuities
        hasLostPiece = false
        json = JSONSplitter()
        guard position < chunks.current.byteCount, chunks.current.byte(position) != UInt8(ascii: "{") else { return }
        let newline = chunks.current.firstOffset(of: 0x0A, from: position)
        position = newline ?? chunks.current.byteCount
    }
}
