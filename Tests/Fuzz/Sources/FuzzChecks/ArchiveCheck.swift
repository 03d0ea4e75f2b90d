import Ingest
import TestSupport

/// An archive of any bytes: read to its end or to the damage, as a naive reader does.
package enum ArchiveCheck {
    /// Checks the archive in a file that has these contents.
    package static func check(_ contents: RawSpan, file: String) throws(Finding) {
        let read = read(file)
        for record in read.records {
            try require(record.count <= ArchiveReader.recordBytesMax, "a record of \(record.count) bytes")
        }
        let salvaged = Self.read(file, ArchiveOptions(isSalvaging: true))
        // What has notes is salvaged as a recording, however it begins.
        try require(
            !isLZ4(contents.array) || salvaged.records.starts(with: read.records),
            "salvage loses what is before the damage")
        let sought = Self.read(file, ArchiveOptions(spanEnds: 3..<5))
        try require(sought.records.count <= read.records.count || read.failure != nil, "more in a part than in all")
        guard let contents = uncompressed(contents.array) else {
            return try require(read.failure != nil, "read to its end, but lz4 finds it damaged")
        }
        let naive = read.encoding == .json ? lines(contents) : messages(contents)
        if read.failure == nil {
            try require(
                read.records == naive, "\(read.records.count) records instead of \(naive.count) up to the end")
        } else {
            try require(
                naive.starts(with: read.records), "before the damage other records than the archive has")
        }
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

    /// nil where lz4 finds the contents damaged.
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

    private static func lines(_ contents: [UInt8]) -> [[UInt8]] {
        contents.split(separator: 0x0A).filter { line in !line.allSatisfy { [0x20, 0x0D, 0x09].contains($0) } }
            .map { Array($0) }
    }
}
