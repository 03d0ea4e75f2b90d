import Support

/// Everything that can be said about an archive after reading all of it.
package struct ArchiveScan: Encodable, Sendable {
    package struct Service: Encodable, Sendable {
        package let service: String
        package let spans: Int
    }

    package let archive: String
    /// The size of the file; nil for a pipe.
    package private(set) var bytes: Int?
    package private(set) var uncompressedBytes = 0
    package private(set) var records = 0
    package private(set) var spans = 0
    /// Spans without valid ids or times.
    package private(set) var rejectedSpans = 0
    /// The first start of a span, and the last end.
    package private(set) var first: String?
    package private(set) var last: String?
    /// The first and last arrivals, if the archive has them.
    package private(set) var firstArrival: String?
    package private(set) var lastArrival: String?
    package private(set) var services: [Service] = []
    /// Groups of a recording, readings of the clock, and missing sequence numbers: export requests that weren't
    /// recorded.
    package private(set) var groups = 0
    package private(set) var clockReadings = 0
    package private(set) var missing = 0
    /// Whether a daemon recorded it, and whether it was finished with an index.
    package private(set) var isRecording = false
    package private(set) var hasIndex = false
    package private(set) var problems: [String] = []

    private enum CodingKeys: String, CodingKey {
        case archive, bytes, records, spans, first, last, services, groups, missing, problems
        case uncompressedBytes = "uncompressed_bytes"
        case rejectedSpans = "rejected_spans"
        case firstArrival = "first_arrival"
        case lastArrival = "last_arrival"
        case clockReadings = "clock_readings"
        case isRecording = "recording"
        case hasIndex = "index"
    }

    /// Reads an archive to its end, skipping damage.
    ///
    /// - Throws: `ArchiveError` if it isn't an archive.
    package init(_ name: String) throws {
        archive = name
        var records = ArchiveRecords(isSalvaging: true)
        var (spans, recording) = (SpanTally(), RecordingTally())
        try records.forEach(in: name) { _, batch, event in
            if case .record = event { spans.add(batch) }
            recording.add(event)
        }
        take(spans)
        take(recording)
        take(records)
    }

    private mutating func take(_ reading: ArchiveRecords) {
        let counts = reading.counts
        (records, groups, uncompressedBytes) = (counts.records, counts.groups, counts.contentBytes)
        (bytes, isRecording) = (counts.fileBytes, counts.start != nil)
        problems = reading.problems.all
        let index = ArchiveIndex(path: archive)
        hasIndex = index != nil
        // If records are damaged, there is no need to look further. In concatenated files, no index is of use.
        guard problems.isEmpty, groups > 0 || isRecording, counts.contents.startCount <= 1 else { return }
        problems += problems(of: index, counts.contents).map { "\(archive): \($0)" }
    }

    /// What is wrong with a recording whose records are intact.
    private func problems(of index: ArchiveIndex?, _ contents: RecordingContents) -> [String] {
        var problems: [String] = []
        if contents.startCount == 0 { problems.append("the frame at the start of the recording is damaged or missing") }
        if contents.unstampedCount > 0 {
            problems.append(
                "\(contents.unstampedCount) records are intact, but the frame with their arrivals is damaged")
        }
        if let index, index.entries.count != groups {
            problems.append("the index lists \(index.entries.count) groups, but \(groups) were found")
        }
        if index == nil, contents.hasIndex, bytes != nil {
            problems.append("the index is damaged: reading a time range takes reading the whole file")
        }
        return problems
    }

    private mutating func take(_ tally: SpanTally) {
        first = tally.times.map { Timestamp.rfc3339($0.lowerBound) }
        last = tally.times.map { Timestamp.rfc3339($0.upperBound) }
        (spans, rejectedSpans) = (tally.acceptedCount + tally.rejectedCount, tally.rejectedCount)
        services = tally.byService.map { Service(service: $0.key, spans: $0.value) }
            .sorted { ($1.spans, $0.service) < ($0.spans, $1.service) }
    }

    private mutating func take(_ tally: RecordingTally) {
        (clockReadings, missing) = (tally.clockReadings, tally.missing)
        firstArrival = tally.arrivals.map { Timestamp.rfc3339($0.lowerBound) }
        lastArrival = tally.arrivals.map { Timestamp.rfc3339($0.upperBound) }
    }

    package var json: String { get throws { try JSONText.encode(self) } }
}

/// Counts the events of a recording: arrivals, readings of the clock, and sequence numbers that are missing.
private struct RecordingTally {
    private(set) var clockReadings = 0
    private(set) var missing = 0
    private(set) var arrivals: ClosedRange<Int64>?
    private var nextSequence: UInt64?

    mutating func add(_ event: ArchiveRecords.Event) {
        switch event {
        case .clock:
            clockReadings += 1
            nextSequence = nextSequence.map { $0 &+ 1 }
        case .record(.recorded(let stamp)):
            if let nextSequence, stamp.sequence > nextSequence {
                missing += Int(clamping: stamp.sequence - nextSequence)
            }
            nextSequence = stamp.sequence &+ 1
            arrivals =
                min(arrivals?.lowerBound ?? .max, stamp.arrival)...max(arrivals?.upperBound ?? .min, stamp.arrival)
        case .record: break
        }
    }
}
