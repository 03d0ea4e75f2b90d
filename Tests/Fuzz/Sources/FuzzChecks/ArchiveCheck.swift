import Archive
import OTLP
import TestSupport

/// An arbitrary archive must be read to its end or up to the damage, as a naive reader reads it.
package enum ArchiveCheck {
    /// Checks the archive in a file that has these contents.
    package static func check(_ contents: RawSpan, file: String) throws(Finding) {
        let read = read(file)
        for record in read.records {
            try require(record.count <= ArchiveReader.recordBytesMax, "a record of \(record.count) bytes")
        }
        let salvaged = Self.read(file, ArchiveOptions(isSalvaging: true))
        // If it has frames of ours, it is salvaged as a recording, however it begins.
        try require(
            !isLZ4(contents.array) || salvaged.records.starts(with: read.records),
            "salvage loses what is before the damage")
        let sought = Self.read(file, ArchiveOptions(spanEnds: 3..<5))
        try require(sought.records.count <= read.records.count || read.failure != nil, "more in a part than in all")
        guard let contents = uncompressed(contents.array) else {
            return try require(read.failure != nil, "read to its end, but lz4 finds it damaged")
        }
        // The contents of gzip are not checked.
        guard !contents.starts(with: [0x1F, 0x8B]) else { return }
        if read.encoding == .json {
            return try checkValues(read.records, of: contents, isWhole: read.failure == nil)
        }
        let naive = messages(contents)
        // A file in which no record has spans is refused at its end.
        if read.failure == nil || read.failure?.kind == .unreadable && read.records == naive {
            try require(
                read.records == naive, "\(read.records.count) records instead of \(naive.count) up to the end")
        } else {
            try require(
                naive.starts(with: read.records), "before the damage other records than the archive has")
        }
    }

    /// Values are taken exactly as written, one after the other, with nothing but separators between them.
    private static func checkValues(_ values: [[UInt8]], of contents: [UInt8], isWhole: Bool) throws(Finding) {
        // Larger ones may be split into parts.
        guard contents.count < 4 << 20 else { return }
        let separators: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D, 0x5B, 0x5D, 0x2C, 0xEF, 0xBB, 0xBF]
        var rest = contents[...]
        for value in values {
            while !rest.starts(with: value) {
                guard let byte = rest.popFirst() else { throw Finding("a value that isn't there") }
                try require(separators.contains(byte), "byte \(byte) in front of a value is lost")
            }
            rest = rest.dropFirst(value.count)
        }
        let isLost = rest.contains { !separators.contains($0) }
        try require(!isWhole || !isLost, "what is behind the last value is lost")
    }

    private static func read(
        _ file: String, _ options: ArchiveOptions = ArchiveOptions()
    ) -> (records: [[UInt8]], encoding: OTLPEncoding, failure: ArchiveError?) {
        var records: [[UInt8]] = []
        var encoding = OTLPEncoding.protobuf
        do throws(ArchiveError) {
            var reader = try ArchiveReader(file, options)
            while try reader.next({ record, format in
                records.append(record.array)
                encoding = format
            }) {}
        } catch {
            return (records, encoding, error)
        }
        return (records, encoding, nil)
    }

    // MARK: The naive reader

    /// nil if lz4 finds the contents damaged.
    private static func uncompressed(_ contents: [UInt8]) -> [UInt8]? {
        isLZ4(contents) ? try? Reference.decompress(contents) : contents
    }

    private static func isLZ4(_ contents: [UInt8]) -> Bool {
        guard contents.count >= 4 else { return false }
        let magic = contents[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return magic == 0x184D_2204 || magic & 0xFFFF_FFF0 == 0x184D_2A50
    }

    private static func messages(_ contents: [UInt8]) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var offset = 0
        while contents.count - offset >= 4 {
            let length = contents[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard contents.count - offset - 4 >= length else { break }
            messages.append(Array(contents[offset + 4..<offset + 4 + length]))
            offset += 4 + length
        }
        return messages
    }
}
