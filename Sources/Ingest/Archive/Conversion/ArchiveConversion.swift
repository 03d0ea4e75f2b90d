import Engine
import OTLP

/// Writes the records of archives in another form.
package struct ArchiveConversion: ~Copyable {
    package enum Form: String, CaseIterable, Sendable {
        /// lz4 frames; for recordings, with arrivals and an index.
        case archive
        /// One line of JSON per record, as the OpenTelemetry Collector's file exporter writes it.
        case json
        /// Length-delimited protobuf.
        case otlp
        /// Jaeger's JSON, for its UI.
        case jaeger
    }

    private let form: Form
    private var output: ByteOutput
    private var records: ArchiveRecords
    private var jaeger = JaegerExport()
    private var writer: ArchiveWriter?
    /// Whether arrivals are written; nil before the first event.
    private var isRecording: Bool?
    private var sequence: UInt64 = 0
    /// The time of the last event, in Unix nanoseconds.
    private var clock: Int64 = 0
    private var name = ""

    package init(to form: Form, _ output: consuming ByteOutput, isSalvaging: Bool) {
        self.form = form
        self.output = output
        records = ArchiveRecords(isSalvaging: isSalvaging)
    }

    package var problems: [String] { records.problems.all }

    /// Adds all records of an archive.
    ///
    /// - Throws: `ArchiveError` if it isn't an archive; `OutputError`; `ConversionError`.
    package mutating func add(_ name: String) throws {
        self.name = name
        // A separate copy, since the closure changes everything but the records.
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
            guard jaeger.spanCount + batch.count <= JaegerExport.spansMax else {
                throw ConversionError.tooManyForJaeger
            }
            try jaeger.add(message)
        }
    }

    private mutating func record(
        _ message: RawSpan, _ batch: borrowing SpanBatch, _ event: ArchiveRecords.Event
    ) throws {
        if isRecording == nil { begin(with: event, ArrivalEstimate.arrival(of: batch)) }
        switch (event, isRecording == true) {
        case (.clock, false): return
        case (.clock(let reading), true):
            clock = max(clock, reading.time)
            writer?.append(reading, sequence: sequence)
        // The copy is replayed by event time, however many of the archives have arrivals.
        case (.record, false): append(message, batch, arrival: 0)
        case (.record(.recorded(let stamp)), true):
            clock = max(clock, stamp.arrival)
            append(message, batch, arrival: stamp.arrival)
        case (.record(.lost), true): append(message, batch, arrival: clock)
        case (.record(.none), true): throw ConversionError.missingArrivals(archive: name)
        }
        sequence += 1
        try output.write(writer?.takeOutput() ?? [])
    }

    private mutating func begin(with event: ArchiveRecords.Event, _ estimate: Int64?) {
        switch event {
        case .clock(let reading): clock = reading.time
        case .record(.recorded(let stamp)): clock = stamp.arrival
        case .record(.lost): clock = estimate ?? 0
        case .record(.none):
            isRecording = false
            writer = ArchiveWriter(nil)
            return
        }
        isRecording = true
        writer = ArchiveWriter(RecordingStart(recording: .random(), time: clock, firstSequence: 0))
    }

    private mutating func append(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        writer?.append(message, sequence: sequence, arrival: arrival, spans: batch.count, spanEnds: batch.ends())
    }

    /// Completes the output.
    ///
    /// - Throws: `OutputError`; `ConversionError` if there was something, but nothing could be read.
    package mutating func finish() throws {
        if records.counts.records == 0, let problem = records.problems.all.first {
            throw ConversionError.nothingConverted(problem: problem)
        }
        if form == .jaeger { try output.write(Array(try jaeger.json()) + [0x0A]) }
        if form == .archive {
            // A recording may have no events.
            if writer == nil, let start = records.counts.start {
                writer = ArchiveWriter(RecordingStart(recording: .random(), time: start.time, firstSequence: 0))
            }
            writer?.finish()
            try output.write(writer?.takeOutput() ?? [])
        }
        try output.finish()
    }
}

/// Why archives can't be converted as asked.
package enum ConversionError: Error, CustomStringConvertible {
    /// More spans than Jaeger's UI can show.
    case tooManyForJaeger
    /// An archive without arrivals after one with them.
    case missingArrivals(archive: String)
    /// Damage, and not a single record.
    case nothingConverted(problem: String)

    package var description: String {
        switch self {
        case .tooManyForJaeger:
            "more than \(JaegerExport.spansMax) spans are too many for Jaeger's UI; convert a part of the archive"
        case .missingArrivals(let archive):
            """
            \(archive) has no arrival times, unlike the archives before it; name it first for a copy without arrivals, or \
            convert it to a separate file
            """
        case .nothingConverted(let problem): "nothing could be converted: \(problem)"
        }
    }
}
