@testable import Archive
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct `Records decoded ahead` {
    /// More records than are decoded ahead, each with a different number of spans.
    private static let records = (1...30).map { record in
        WireSpanExample.request(
            (0..<record).map { span in
                WireSpanExample { $0.spanID = [0, 0, 0, 0, 0, 0, UInt8(record), UInt8(span + 1)] }
            })
    }

    private func decodeAhead(
        _ records: [[UInt8]], trailing: [UInt8] = [], _ body: (DecodeAhead) throws -> Void
    ) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let bytes = records.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
        try Data(bytes + trailing).write(to: file)
        try body(DecodeAhead(try RecordDecoder(file.path, endingIn: .min ..< .max)))
    }

    /// The number of spans of each record, and the problems.
    private func takeAll(_ ahead: DecodeAhead) -> (spans: [Int], problems: [String]) {
        var record = DecodedRecord()
        var spans: [Int] = []
        var problems: [String] = []
        while true {
            ahead.exchange(&record)
            problems += record.problems.first.map(\.text)
            if record.isEnd { return (spans, problems) }
            spans.append(record.batch.count)
        }
    }

    @Test func `come in their order, all of them`() throws {
        try decodeAhead(Self.records) { ahead in
            let (spans, problems) = takeAll(ahead)
            #expect(spans == Array(1...30))
            #expect(problems.isEmpty)
        }
    }

    @Test func `skip those that can't be decoded and report them`() throws {
        let damaged: [[UInt8]] = Self.records.flatMap { record -> [[UInt8]] in [record, [0x0A, 0x05, 0x00]] }
        try decodeAhead(damaged) { ahead in
            let (spans, problems) = takeAll(ahead)
            #expect(spans == Array(1...30))
            #expect(problems.count == 30)
            #expect(problems.first?.contains("record 2 at byte") == true)
        }
    }

    @Test func `come up to the place where the archive is cut off`() throws {
        try decodeAhead(Self.records, trailing: [0, 0, 1]) { ahead in
            let (spans, problems) = takeAll(ahead)
            #expect(spans == Array(1...30))
            #expect(problems.count == 1)
        }
    }

    @Test func `are refused if the first isn't OTLP`() throws {
        try decodeAhead([[0x0A, 0x05, 0x00]]) { ahead in
            var record = DecodedRecord()
            ahead.exchange(&record)
            let (isEnd, refusal) = (record.isEnd, record.refusal)
            #expect(isEnd)
            #expect(refusal?.kind == .unreadable)
        }
    }

    @Test(arguments: [0, 1, 5, 29]) func `may be abandoned before their end`(taken: Int) throws {
        try decodeAhead(Self.records) { ahead in
            var record = DecodedRecord()
            for number in 0..<taken {
                ahead.exchange(&record)
                let count = record.batch.count
                #expect(count == number + 1)
            }
            ahead.stop()
        }
    }
}
