import Archive
import TestSupport
import Testing

@Suite struct `A damaged recorded file` {
    private let example = RecordedExample(groups: 3, recordsPerGroup: 2)

    @Test func `cut at any byte gives all whole groups before`() throws {
        let (bytes, ends) = example.file
        for cut in 1..<bytes.count {
            let read = try ReadArchive(Array(bytes[..<cut]))
            let whole = ends.filter { $0 <= cut }.count
            #expect(read.records == RecordedExample.records(example.groups[..<whole]), "cut at \(cut)")
            #expect(read.unstamped == 0, "cut at \(cut)")
            // A file cut at the end of a group is complete.
            let isClean = ends.contains(cut) || cut == 52
            #expect((read.failure == nil) == isClean || cut > ends[2], "cut at \(cut): \(read.failure as Any)")
            if let lost = read.failure?.lostFrom { #expect(lost <= cut) }
        }
    }

    @Test func `with flipped bytes never gives a record that was never written`() throws {
        let (bytes, ends) = example.file
        var generator = SeededGenerator(seed: 20_261_123)
        for round in 0..<2_000 {
            var damaged = bytes
            var first = bytes.count
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let offset = Int.random(in: 0..<bytes.count, using: &generator)
                damaged[offset] ^= UInt8.random(in: 1...255, using: &generator)
                if damaged[offset] != bytes[offset] { first = min(first, offset) }
            }
            for isSalvaging in [false, true] {
                let read = try ReadArchive(damaged, ArchiveOptions(isSalvaging: isSalvaging))
                let before = ends.filter { $0 <= first }.count
                #expect(
                    read.records.starts(with: RecordedExample.records(example.groups[..<before]))
                        || first < 4, "round \(round)")
                #expect(read.records.isSubsequence(of: example.records), "round \(round)")
            }
        }
    }

    @Test func `is salvaged after damage in the middle`() throws {
        let example = RecordedExample(groups: 5, recordsPerGroup: 3, bytes: 100)
        let (bytes, ends) = example.file
        for offset in [ends[1] + 20, ends[1] + 200, ends[2] - 2] {
            var damaged = bytes
            damaged[offset] ^= 0x10
            let stopped = try ReadArchive(damaged)
            #expect(stopped.records == RecordedExample.records(example.groups[..<2]))
            #expect(stopped.failure?.lostFrom == ends[1])

            let read = try ReadArchive(damaged, ArchiveOptions(isSalvaging: true))
            #expect(read.failure == nil)
            let behind = RecordedExample.records(example.groups[3...])
            #expect(read.records.suffix(behind.count) == behind[...])
            #expect(read.records.count >= 12)
            #expect(read.losses.count == 1)
            #expect(read.losses.first?.range.lowerBound == ends[1])
            #expect(read.losses.first.map { $0.range.upperBound <= ends[2] } == true)
        }
    }

    @Test func `is salvaged if its first bytes are damaged`() throws {
        let (bytes, ends) = example.file
        for offset in [0, 1, 2, 3] {
            var damaged = bytes
            damaged[offset] ^= 0x20
            let read = try ReadArchive(damaged, ArchiveOptions(isSalvaging: true))
            #expect(read.records == example.records)
            #expect(read.losses.first?.range.lowerBound == 0)
        }
        let read = try ReadArchive([1, 2, 3] + bytes[ends[0]...], ArchiveOptions(isSalvaging: true))
        #expect(read.records == RecordedExample.records(example.groups[1...]))
    }

    @Test func `is salvaged after a skippable frame whose kind and length are damaged`() throws {
        let example = RecordedExample(groups: 3, recordsPerGroup: 3, bytes: 100)
        let (bytes, ends) = example.file
        // It looks like another tool's frame that extends into the next one.
        let torn = Array(bytes[..<(ends[0] + 10)]) + Array(bytes[(ends[0] + 100)...])
        let read = try ReadArchive(torn, ArchiveOptions(isSalvaging: true))
        #expect(read.records == example.records)
    }

    @Test func `is salvaged if a part is missing or filled with zeros`() throws {
        let example = RecordedExample(groups: 4, recordsPerGroup: 3, bytes: 100)
        let (bytes, ends) = example.file
        let zeros = Array(bytes[..<ends[0]]) + [UInt8](repeating: 0, count: 10_000) + Array(bytes[ends[0]...])
        let read = try ReadArchive(zeros, ArchiveOptions(isSalvaging: true))
        #expect(read.records == example.records)
        #expect(read.losses.map(\.range) == [ends[0]..<ends[0] + 10_000])

        let torn = Array(bytes[..<(ends[0] + 300)]) + Array(bytes[ends[1]...])
        let rest = try ReadArchive(torn, ArchiveOptions(isSalvaging: true))
        #expect(rest.records == RecordedExample.records(example.groups[..<1] + example.groups[2...]))
        #expect(rest.sequences.count == rest.records.count)
    }
}

extension RecordedExample {
    static func records(_ groups: some Sequence<[Event]>) -> [[UInt8]] {
        groups.joined().compactMap { event in
            guard case .record(let record, _) = event else { return nil }
            return record
        }
    }
}

extension [[UInt8]] {
    /// Whether an array is a subsequence of another one.
    fileprivate func isSubsequence(of other: [[UInt8]]) -> Bool {
        var rest = other[...]
        return allSatisfy { element in
            guard let place = rest.firstIndex(of: element) else { return false }
            rest = rest[(place + 1)...]
            return true
        }
    }
}
