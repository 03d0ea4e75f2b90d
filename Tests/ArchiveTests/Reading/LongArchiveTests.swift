@testable import Archive
import Foundation
import TestSupport
import Testing

/// Archives of several chunks, which a thread reads ahead.
@Suite struct `A long archive` {
    /// About 10 MiB: a few records inside each chunk, one that spans two chunks, and one larger than a chunk.
    private static let records: [[UInt8]] = {
        var random = SeededGenerator(seed: 11)
        return [3_000_000, 700_000, 1_500_000, 5_000_000, 12, 0, 400_000].map { size in
            // Half of it repeats the bytes just before, so that blocks refer back.
            var bytes: [UInt8] = [0x0A]
            while bytes.count < size {
                let run = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
                bytes += run + run
            }
            return Array(bytes.prefix(size))
        }
    }()

    private static let contents: [UInt8] = records.flatMap { record in
        (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
    }

    private func read(_ contents: [UInt8]) throws -> (records: [[UInt8]], failure: ArchiveError?) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try Data(contents).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var read: [[UInt8]] = []
        do throws(ArchiveError) {
            var reader = try ArchiveReader(file.path)
            while try reader.next({ record, _ in unsafe record.withUnsafeBytes { unsafe read.append(Array($0)) } }) {}
        } catch {
            return (read, error)
        }
        return (read, nil)
    }

    @Test(arguments: FrameForm.all) func `is the same in every form of frame`(form: FrameForm) throws {
        let result = try read(Reference.compress(Self.contents, form))
        #expect(result.records == Self.records)
        #expect(result.failure == nil)
    }

    @Test func `is the same uncompressed and in many frames`() throws {
        let parts = stride(from: 0, to: Self.contents.count, by: 900_001).map { start in
            Reference.compress(Array(Self.contents[start..<min(start + 900_001, Self.contents.count)]))
        }
        for contents in [Self.contents, parts.flatMap { $0 }] {
            let result = try read(contents)
            #expect(result.records == Self.records)
            #expect(result.failure == nil)
        }
    }

    @Test func `gives the records before a damaged block and says where it is`() throws {
        var form = FrameForm()
        form.hasBlockChecksums = true
        form.hasLargeBlocks = true
        // The first two blocks hold 8 MiB: the first three records and a part of the fourth.
        var frame = Reference.compress(Self.contents, form)
        let second = 11 + 4 + blockSize(frame, at: 7)
        let third = second + 8 + blockSize(frame, at: second)
        frame[third + 1000] ^= 0x40
        let result = try read(frame)
        #expect(result.records == Array(Self.records[..<3]))
        #expect(result.failure?.kind == .damaged)
        #expect(result.failure?.problem == "lz4: blockChecksum_invalid, at byte \(third) of the file")
    }

    private func blockSize(_ frame: [UInt8], at offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(frame[offset + $1]) << (8 * $1) } & 0x7FFF_FFFF
    }

    @Test func `may be abandoned before its end`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try Data(Reference.compress(Self.contents)).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        for taken in 0...4 {
            var reader = try ArchiveReader(file.path)
            for record in Self.records.prefix(taken) {
                let found = try reader.next { bytes, _ in #expect(bytes.byteCount == record.count) }
                #expect(found)
            }
        }
    }
}
