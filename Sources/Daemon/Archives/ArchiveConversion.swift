import Engine
import Foundation
import Ingest

/// Writes the records of archives in another form.
package struct ArchiveConversion: ~Copyable {
    package enum Form: String, CaseIterable, Sendable {
        /// As a daemon records: lz4 frames with arrivals and an index.
        case archive
        /// One line of JSON a record, as the OpenTelemetry Collector's file exporter writes.
        case json
        /// Length-delimited protobuf.
        case otlp
        /// Jaeger's JSON, for its page.
        case jaeger
    }

    private let form: Form
    private var output: ByteOutput
    private var records: ArchiveRecords
    private var jaeger = JaegerExport()
    private var writer: ArchiveWriter?
    private var sequence: UInt64 = 0
    /// Of records that have no arrival, as a replay would estimate it.
    private var clock: Int64 = 1
    private var isEstimated = false

    /// As long as exporters hold spans: what a replay of the original judges at its end is judged in the copy too.
    private static let settling: Int64 = 10_000_000_000

    package init(to form: Form, _ output: consuming ByteOutput, isSalvaging: Bool) {
        self.form = form
        self.output = output
        records = ArchiveRecords(isSalvaging: isSalvaging)
    }

    package var problems: [String] { records.problems.all }

    /// Adds all records of an archive.
    ///
    /// - Throws: `ArchiveError` where it is none; `OutputFault`; `ConversionLimit`.
    package mutating func add(_ name: String) throws {
        // Taken apart, since the body changes all but the records.
        var reading = records
        defer { records = reading }
        try reading.forEach(in: name) { message, batch, event in try write(message, batch, event) }
    }

    private mutating func write(
        _ message: RawSpan, _ batch: borrowing SpanBatch, _ event: ArchiveRecords.Event
    ) throws {
        switch form {
        case .archive: return try record(message, batch, event)
        case .json: if case .record = event { try output.write(try OTLPJSON.text(of: message) + [0x0A]) }
        case .otlp:
            guard case .record = event else { return }
            let length = UInt32(message.byteCount).bigEndian
            try output.write(unsafe withUnsafeBytes(of: length) { unsafe Array($0) })
            try output.write(unsafe message.withUnsafeBytes { unsafe Array($0) })
        case .jaeger:
            guard case .record = event else { return }
            guard jaeger.spanCount + batch.count <= JaegerExport.spansMax else { throw ConversionLimit() }
            try jaeger.add(message)
        }
    }

    private mutating func record(
        _ message: RawSpan, _ batch: borrowing SpanBatch, _ event: ArchiveRecords.Event
    ) throws {
        switch event {
        case .clock(let reading): add(reading)
        case .record(let stamp?): add(message, batch, arrival: stamp.arrival)
        case .record(nil):
            // A replay has the estimated arrival for its clock: that is what is written down.
            isEstimated = true
            clock = max(clock, ReplayClock.arrival(of: batch) ?? clock)
            add(ClockReading(clock))
            add(message, batch, arrival: clock)
        }
        try output.write(writer?.takeOutput() ?? [])
    }

    private mutating func add(_ reading: ClockReading) {
        begin(at: reading.time)
        writer?.append(reading, sequence: sequence)
        sequence += 1
    }

    private mutating func add(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        begin(at: arrival)
        writer?.append(
            message, sequence: sequence, arrival: arrival, spans: batch.count, spanEnds: batch.ends())
        sequence += 1
    }

    private mutating func begin(at time: Int64) {
        guard writer == nil else { return }
        writer = ArchiveWriter(RecordingStart(recording: .random(), time: time, firstSequence: 0))
    }

    /// Ends the output.
    package mutating func finish() throws {
        if form == .jaeger { try output.write(Array(try jaeger.json()) + [0x0A]) }
        if form == .archive {
            if isEstimated { add(ClockReading(TimeLimits.nearestTime(clock + Self.settling))) }
            begin(at: 0)
            writer?.finish()
            try output.write(writer?.takeOutput() ?? [])
        }
        try output.finish()
    }
}

/// More spans than Jaeger's page could show.
package struct ConversionLimit: Error, CustomStringConvertible {
    package var description: String {
        "more than \(JaegerExport.spansMax) spans are no file for Jaeger's page; take a part of the archive"
    }
}
