@testable import Archive
import Engine
import Foundation
import TestSupport

/// A recorded file for tests to write and read.
struct RecordedExample {
    enum Event: Equatable {
        case record([UInt8], arrival: Int64)
        case clock(ClockReading)
    }

    static let start = RecordingStart(recording: RecordingID(low: 7, high: 8), time: 1_000, firstSequence: 40)

    /// Groups of events with increasing times.
    var groups: [[Event]]

    /// - Parameters:
    ///   - recordsPerGroup: a clock reading precedes every second one.
    init(groups: Int, recordsPerGroup: Int, bytes: Int = 0, seed: UInt64 = 1) {
        var generator = SeededGenerator(seed: seed)
        var time: Int64 = 1_000
        var number: UInt64 = 0
        self.groups = (0..<groups).map { _ in
            var events: [Event] = []
            for place in 0..<recordsPerGroup {
                time += 10
                number += 1
                if place.isMultiple(of: 2) {
                    events.append(.clock(ClockReading(time - 5, isJump: number.isMultiple(of: 3))))
                }
                let padding = (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
                let record = WireSpanExample.request([
                    WireSpanExample {
                        $0.spanID = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
                        $0.texts = [("padding", String(decoding: padding, as: UTF8.self))]
                    }
                ])
                events.append(.record(record, arrival: time))
            }
            return events
        }
    }

    var events: [Event] { groups.flatMap { $0 } }

    var records: [[UInt8]] {
        events.compactMap { event in
            guard case .record(let record, _) = event else { return nil }
            return record
        }
    }

    /// The whole file, and the offset where each group ends.
    var file: (bytes: [UInt8], ends: [Int]) {
        var writer = ArchiveWriter(Self.start)
        var sequence = Self.start.firstSequence
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for group in groups {
            for event in group {
                Self.append(event, sequence, to: &writer)
                sequence += 1
            }
            writer.seal()
            bytes += writer.takeOutput()
            ends.append(bytes.count)
        }
        writer.finish()
        return (bytes + writer.takeOutput(), ends)
    }

    /// The latest span ends 1 ns before the arrival, the earliest 2 ns before.
    private static func append(_ event: Event, _ sequence: UInt64, to writer: inout ArchiveWriter) {
        switch event {
        case .record(let record, let arrival):
            unsafe writer.append(
                record.span.bytes, sequence: sequence, arrival: arrival, spans: 1, spanEnds: arrival - 2...arrival - 1)
        case .clock(let reading): writer.append(reading, sequence: sequence)
        }
    }
}

/// Everything that a reader reports about a file.
struct ReadArchive {
    var events: [RecordedExample.Event] = []
    var sequences: [UInt64] = []
    var unstamped = 0
    var losses: [ArchiveLoss] = []
    var failure: ArchiveError?

    var records: [[UInt8]] {
        events.compactMap { event in
            guard case .record(let record, _) = event else { return nil }
            return record
        }
    }

    init(_ contents: [UInt8], _ options: ArchiveOptions = ArchiveOptions()) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try Data(contents).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        self.init(path: file.path, options)
    }

    init(path: String, _ options: ArchiveOptions) {
        do throws(ArchiveError) {
            var reader = try ArchiveReader(path, options)
            defer { losses = reader.losses }
            while try step(&reader) {}
        } catch {
            failure = error
        }
    }

    private mutating func step(_ reader: inout ArchiveReader) throws(ArchiveError) -> Bool {
        var read: [UInt8] = []
        var stamp: RecordStamp?
        let step = try reader.step { record, _, recorded in
            unsafe record.withUnsafeBytes { unsafe read = Array($0) }
            stamp = recorded
        }
        switch step {
        case .record:
            events.append(.record(read, arrival: stamp?.arrival ?? 0))
            if let stamp { sequences.append(stamp.sequence) } else { unstamped += 1 }
        case .clock(let reading): events.append(.clock(reading))
        case .end: return false
        }
        return true
    }
}
