import Archive
import Foundation
import TestSupport
import Testing

@Suite struct `The contents of an archive` {
    private func scan(_ records: [[UInt8]]) throws -> ArchiveScan {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let bytes = records.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
        try Data(bytes).write(to: file)
        return try ArchiveScan(file.path)
    }

    private func span(_ number: Int, from start: UInt64, for duration: UInt64) -> WireSpanExample {
        WireSpanExample {
            $0.spanID = [1, 0, 0, 0, 0, 0, UInt8(number >> 8), UInt8(number & 0xFF)]
            ($0.start, $0.end) = (start, start + duration)
        }
    }

    private static let second: UInt64 = 1_000_000_000
    private static let noon: UInt64 = 1_767_268_800 * second

    @Test func `are counted as they stand, duplicates too, over any length of time`() throws {
        let (day, noon) = (86_400 * Self.second, Self.noon)
        let first = WireSpanExample.request([span(1, from: noon, for: 5), span(2, from: noon - day, for: 2 * day)])
        let other = WireSpanExample.request(service: "etcd", [span(3, from: noon + day / 2, for: 1)])
        let invalid = WireSpanExample.request(service: "etcd", [WireSpanExample { $0.spanID = [] }])
        let scan = try scan([first, other, first, invalid])
        #expect(scan.problems == [])
        #expect((scan.records, scan.spans, scan.rejectedSpans) == (4, 6, 1))
        #expect(scan.services.map(\.service) == ["apiserver", "etcd"])
        #expect(scan.services.map(\.spans) == [4, 1])
        #expect(scan.first == "2025-12-31T12:00:00Z")
        #expect(scan.last == "2026-01-02T12:00:00Z")
        #expect(scan.bytes == scan.uncompressedBytes)
        #expect(!scan.isRecording && scan.firstArrival == nil)
    }

    @Test func `of more services than anyone has are counted as others`() throws {
        let records = (0..<1200).map { number in
            WireSpanExample.request(service: "service-\(number)", [span(number, from: Self.noon, for: 1)])
        }
        let scan = try scan(records)
        #expect(scan.services.count == 1001)
        #expect(scan.services.first.map { "\($0.service) \($0.spans)" } == "_other 200")
        #expect(scan.services.reduce(0) { $0 + $1.spans } == scan.spans)
    }

    @Test func `with a record of nonsense tell which, and count the others`() throws {
        let good = WireSpanExample.request([span(1, from: Self.noon, for: 1)])
        let scan = try scan([good, [0x0A, 0xFF], good])
        #expect(scan.spans == 2)
        #expect(scan.problems.count == 1)
        #expect(scan.problems.first?.contains("record 2 at byte \(good.count + 4) of the uncompressed archive") == true)
    }

    @Test func `without a single record that can be decoded are none`() {
        #expect(throws: ArchiveError.self) { try scan([[0x0A, 0xFF], [0x0A, 0x05]]) }
    }
}
