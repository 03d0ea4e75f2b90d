import Archive
import TestSupport

extension Seeds {
    /// Archives uncompressed and in every kind of lz4 frame.
    static func archives() throws -> [[UInt8]] {
        let records = [everyField, [], WireSpanExample.request([WireSpanExample()])]
        let messages = records.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
        let lines = Array("\n {\"resourceSpans\":[]}\r\n\n{}\n\t\n{\"x\":1}".utf8)
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
        let values = Array(
            "[ {\"resourceSpans\":[\n{},{}]}, {\"a\n{\"x\":1}\n]{\"data\":[{\"}\\\"\":[1]},2]} 5 \u{7F}".utf8)
        var archives = [messages, lines, values, skippable + Reference.compress(messages) + skippable]
        for contents in [messages, lines, values] {
            for form in FrameForm.all { archives.append(Reference.compress(contents, form)) }
        }
        archives.append(Reference.compress(messages) + Reference.compress(messages, FrameForm.all[7]) + [1, 2, 3])
        archives.append(recording(records))
        // The highest compression ratio.
        archives.append(Reference.compress([UInt8](repeating: 0, count: 1 << 20)))
        archives.append(Reference.compress([0, 16, 0, 0] + [UInt8](repeating: 10, count: 1 << 20)))
        archives.append(Reference.compress(Array("{".utf8) + [UInt8](repeating: 10, count: 1 << 20)))
        return archives
    }

    /// A recorded file with several groups.
    private static func recording(_ records: [[UInt8]]) -> [UInt8] {
        var writer = ArchiveWriter(RecordingStart(recording: RecordingID(low: 1, high: 2), time: 1, firstSequence: 0))
        for sequence: UInt64 in 0..<6 {
            let record = records[Int(sequence) % records.count]
            writer.append(clock: 5, sequence: 2 * sequence)
            unsafe writer.append(
                record.span.bytes, sequence: 2 * sequence + 1, arrival: 6, spans: 1, spanEnds: 3...4)
            if sequence % 3 == 2 { writer.seal() }
        }
        writer.finish()
        return writer.takeOutput()
    }
}
