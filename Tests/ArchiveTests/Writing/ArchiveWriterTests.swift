@testable import Archive
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct `A recorded file` {
    @Test(arguments: [0, 3_000, 1_500_000]) func `gives back records, arrivals, clock and order`(bytes: Int) throws {
        let example = RecordedExample(groups: 3, recordsPerGroup: 4, bytes: bytes)
        let read = try ReadArchive(example.file.bytes)
        #expect(read.failure == nil)
        #expect(read.events == example.events)
        // Clock readings are numbered together with the records.
        let numbered = zip(example.events, RecordedExample.start.firstSequence...)
        #expect(read.sequences == numbered.filter { if case .record = $0.0 { true } else { false } }.map(\.1))
    }

    @Test func `holds a record larger than a block, and an empty one`() throws {
        var generator = SeededGenerator(seed: 3)
        let large = (0..<9_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var writer = ArchiveWriter(RecordedExample.start)
        for (sequence, record) in [[], large, [1, 2, 3]].enumerated() {
            unsafe writer.append(
                record.span.bytes, sequence: UInt64(sequence), arrival: Int64(sequence) + 1, spans: 0, spanEnds: nil)
        }
        writer.finish()
        let read = try ReadArchive(writer.takeOutput())
        #expect(read.failure == nil)
        #expect(read.records == [[], large, [1, 2, 3]])
        #expect(read.sequences == [0, 1, 2])
    }

    @Test func `keeps readings of the clock without records`() throws {
        var writer = ArchiveWriter(RecordedExample.start)
        writer.append(clock: 5, sequence: 0)
        writer.append(clock: 6, sequence: 1)
        writer.finish()
        let read = try ReadArchive(writer.takeOutput())
        #expect(read.events == [.clock(5), .clock(6)])
        #expect(read.failure == nil)
    }

    @Test func `keeps the order if numbers are missing`() throws {
        var writer = ArchiveWriter(RecordedExample.start)
        for sequence: UInt64 in [3, 4, 9, 10] {
            let record = [UInt8(sequence)]
            unsafe writer.append(record.span.bytes, sequence: sequence, arrival: 1, spans: 1, spanEnds: nil)
        }
        writer.finish()
        #expect(try ReadArchive(writer.takeOutput()).sequences == [3, 4, 9, 10])
    }

    @Test func `is plain length-delimited messages to the lz4 command`() throws {
        let example = RecordedExample(groups: 4, recordsPerGroup: 3, bytes: 500)
        let lz4 = Process()
        lz4.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        lz4.arguments = ["lz4", "-dc"]
        let (input, output) = (Pipe(), Pipe())
        lz4.standardInput = input
        lz4.standardOutput = output
        try lz4.run()
        input.fileHandleForWriting.write(Data(example.file.bytes))
        try input.fileHandleForWriting.close()
        let plain = output.fileHandleForReading.readDataToEndOfFile()
        lz4.waitUntilExit()
        #expect(lz4.terminationStatus == 0)
        let framed = example.records.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
        #expect(Array(plain) == framed)
    }

    @Test func `is searched by time with its index and without one`() throws {
        let example = RecordedExample(groups: 8, recordsPerGroup: 4, bytes: 200)
        let (bytes, ends) = example.file
        for contents in [bytes, Array(bytes[..<(ends.last ?? 0)])] {
            // The fourth group's records arrived from 1,130 to 1,160.
            let read = try ReadArchive(contents, ArchiveOptions(spanEnds: 1_130..<1_150))
            #expect(read.failure == nil)
            #expect(read.events == example.groups[3])
            #expect(read.sequences.first == 40 + 18 + 1)
        }
        #expect(try ReadArchive(bytes, ArchiveOptions(spanEnds: 0..<1_000)).events.isEmpty)
    }

    @Test func `is read only where the index points when searched`() throws {
        let example = RecordedExample(groups: 8, recordsPerGroup: 4, bytes: 200)
        var (bytes, ends) = example.file
        // Damages everything but the fourth group and the index.
        for offset in Array(64..<ends[2]) + Array(ends[3]..<ends[7]) { bytes[offset] ^= 0x55 }
        let read = try ReadArchive(bytes, ArchiveOptions(spanEnds: 1_130..<1_150))
        #expect(read.failure == nil)
        #expect(read.events == example.groups[3])
    }
}
