@testable import Archive
import Foundation
import TestSupport
import Testing

@Suite struct `The archive reader` {
    private let records: [[UInt8]] = (0..<20).map { number in
        WireSpanExample.request([WireSpanExample { $0.spanID[0] = UInt8(number) }])
    }

    private var framed: [UInt8] {
        records.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
    }

    /// All records of a file with these contents, and why reading stopped if it did before the end.
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

    @Test func `reads length-delimited messages in an lz4 frame and without`() throws {
        for contents in [framed, Reference.compress(framed)] {
            let result = try read(contents)
            #expect(result.records == records)
            #expect(result.failure == nil)
        }
    }

    @Test func `reads consecutive frames and passes over skippable ones`() throws {
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
        let contents = skippable + Reference.compress(framed) + skippable + Reference.compress(framed)
        #expect(try read(contents).records == records + records)
    }

    @Test func `reads JSON lines and ignores white space between them`() throws {
        let lines = "{\"resourceSpans\":[]}\n\n  \n{\"x\":1}\r\n{}"
        for contents in [Array(lines.utf8), Reference.compress(Array(lines.utf8))] {
            let result = try read(contents)
            #expect(
                result.records.map { String(decoding: $0, as: UTF8.self) } == [
                    "{\"resourceSpans\":[]}", "{\"x\":1}", "{}",
                ])
            #expect(result.failure == nil)
        }
    }

    @Test func `gives all whole records of an archive cut at any byte`() throws {
        for cut in 1..<framed.count {
            let result = try read(Array(framed[..<cut]))
            let whole = wholeRecords(upTo: cut)
            #expect(result.records == Array(records[..<whole.count]))
            #expect((result.failure == nil) == (whole.end == cut))
        }
    }

    private func wholeRecords(upTo cut: Int) -> (count: Int, end: Int) {
        var end = 0
        for (number, record) in records.enumerated() {
            guard end + 4 + record.count <= cut else { return (number, end) }
            end += 4 + record.count
        }
        return (records.count, end)
    }

    @Test func `never reads anything but whole records from a frame cut at any byte`() throws {
        let frame = Reference.compress(framed)
        for cut in 1..<frame.count {
            let result = try read(Array(frame[..<cut]))
            #expect(result.records == Array(records[..<result.records.count]))
            #expect(result.failure != nil)
        }
    }

    @Test func `says where an lz4 frame is damaged`() throws {
        var frame = Reference.compress(framed)
        frame[frame.count - 1] ^= 1
        let failure = try read(frame).failure
        #expect(failure?.kind == .damaged)
        #expect(failure?.problem.contains("Checksum") == true)
        #expect(failure?.problem.contains("at byte") == true)
    }

    @Test func `refuses a record longer than the limit`() throws {
        let failure = try read([0xFF, 0xFF, 0xFF, 0xFF, 1, 2]).failure
        #expect(failure?.problem.contains("4294967295") == true)
    }

    @Test func `refuses files that can't be opened, are empty or are directories`() throws {
        #expect(try read([]).failure?.kind == .unreadable)
        for name in ["/nonexistent/archive", FileManager.default.temporaryDirectory.path] {
            let failure = #expect(throws: ArchiveError.self) { _ = try ArchiveReader(name) }
            #expect(failure?.kind == .unreadable)
        }
    }

    @Test func `refuses a frame that needs a dictionary`() throws {
        var frame = Reference.compress(framed)
        frame[4] |= 1
        #expect(try read(frame).failure?.problem.contains("dictionary") == true)
    }
}
