import Archive
import Engine
import Foundation
import TestSupport
import Testing

@testable import Traces

@Suite struct `Traces read back from a recording` {
    private static let trace = TraceID(high: 0x0101_0101_0101_0101, low: 0x0101_0101_0101_0101)
    private static let sought = RecordedTraces.Sought(trace, endingIn: nil)
    private static let second: Int64 = 1_000_000_000
    /// When the span of `file` ends, Unix nanoseconds.
    private static let end = Int64(WireSpanExample().end)

    /// Writes a file with one span of the trace for each of some ids.
    private static func file(_ spans: UInt8..., modified: Int64) throws -> RecordedTraces.File {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        var writer = ArchiveWriter(
            RecordingStart(recording: RecordingID(low: 1, high: 1), time: modified, firstSequence: 0))
        for (number, span) in spans.enumerated() {
            let message = WireSpanExample.request([
                WireSpanExample {
                    $0.traceID = [UInt8](repeating: 1, count: 16)
                    $0.spanID = [UInt8](repeating: span, count: 8)
                }
            ])
            unsafe writer.append(
                message.span.bytes, sequence: UInt64(number), arrival: modified, spans: 1,
                spanEnds: modified...modified)
        }
        writer.finish()
        try Data(writer.takeOutput()).write(to: URL(fileURLWithPath: path))
        return RecordedTraces.File(path: path, modified: modified)
    }

    private static func spans(
        _ files: [RecordedTraces.File], in range: Range<Int64>? = nil
    ) -> [UInt64] {
        defer { for file in files { try? FileManager.default.removeItem(atPath: file.path) } }
        let found = RecordedTraces { files }.traces([.init(trace, endingIn: range)], before: .now + .seconds(60))
        return WholeTrace.traces(in: found.message, order: [trace]).flatMap { $0.spans.map { $0.spanID & 0xFF } }
            .sorted()
    }

    @Test func `have each span once, from as many files as their spans may be in`() throws {
        let files = try [
            Self.file(4, modified: 900 * Self.second), Self.file(3, 2, modified: 880 * Self.second),
            Self.file(2, 1, modified: 830 * Self.second),
        ]
        #expect(Self.spans(files) == [1, 2, 3, 4])
    }

    @Test func `are not looked for long before their first span`() throws {
        let files = try [Self.file(2, modified: 900 * Self.second), Self.file(1, modified: 800 * Self.second)]
        #expect(Self.spans(files) == [2])
    }

    @Test func `are looked for in the files of a range`() throws {
        let files = { try [Self.file(2, modified: 900 * Self.second), Self.file(1, modified: 700 * Self.second)] }
        #expect(try Self.spans(files(), in: 690 * Self.second..<701 * Self.second) == [1])
        #expect(try Self.spans(files(), in: 890 * Self.second..<901 * Self.second) == [2])
        #expect(try Self.spans(files(), in: .min ..< .max) == [2])
    }

    @Test func `are absent from files that are gone or none`() throws {
        let path = try Self.file(1, modified: 0).path
        try Data("nothing that was recorded".utf8).write(to: URL(fileURLWithPath: path))
        let gone = RecordedTraces.File(path: "/nonexistent/\(UUID())", modified: 0)
        #expect(Self.spans([gone, RecordedTraces.File(path: path, modified: 0)]) == [])
    }

    @Test func `are not looked for beyond the deadline`() throws {
        let file = try Self.file(1, modified: 0)
        defer { try? FileManager.default.removeItem(atPath: file.path) }
        let found = RecordedTraces { [file] }.traces([Self.sought], before: .now - .seconds(1))
        #expect(found.failure == .isTooLong)
    }

    private static func earlier(
        _ files: [RecordedTraces.File], within limit: Duration, upTo count: Int
    ) -> RecordedTraces.EarlierOperations {
        defer { for file in files { try? FileManager.default.removeItem(atPath: file.path) } }
        let recorded = RecordedTraces(windowBegan: .max) { files }
        let earlier = recorded.earlierOperations(within: limit, upTo: count, services: .usual)
        // They are read once, and what is missing is said each time.
        let again = recorded.earlierOperations(within: .seconds(60), upTo: count, services: .usual)
        #expect(again.labels == earlier.labels && again.limit == earlier.limit)
        #expect(again.searched.failure == earlier.searched.failure)
        return earlier
    }

    @Test func `come with lists of operations that say if they may be incomplete`() throws {
        let all = try Self.earlier([Self.file(1, modified: Self.end)], within: .seconds(60), upTo: 1_000)
        #expect(all.labels.contains { $0.service != "_other" } && all.limit == nil && all.searched.failure == nil)
        let most = all.labels.count - 1
        let some = try Self.earlier([Self.file(1, modified: Self.end)], within: .seconds(60), upTo: most)
        #expect(some.labels.count == most && some.limit == most)
        let none = try Self.earlier([Self.file(1, modified: Self.end)], within: .seconds(-1), upTo: 1_000)
        #expect(none.labels.isEmpty && none.searched.failure == .isTooLong)
    }

    @Test func `are looked for by one at a time`() async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let reading = DispatchSemaphore(value: 0)
        let recorded = RecordedTraces {
            ask.yield()
            reading.wait()
            return []
        }
        let first = Task.detached {
            recorded.traces([Self.sought], before: .now + .seconds(60))
        }
        for await _ in asked { break }
        #expect(recorded.traces([Self.sought], before: .now + .seconds(60)).failure == .isBusy)
        reading.signal()
        let found = await first.value
        #expect(found.failure == nil && found.message == [])
    }
}
