import Archive
import Engine
import Foundation
import Pipeline
import Report
import Rules
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

    /// Small, since only counts are needed.
    private static let windowBytes = 64 << 20

    /// Reads an archive to its end, skipping damage.
    ///
    /// - Throws: `ArchiveError` if it isn't an archive.
    package init(_ name: String) throws {
        archive = name
        var limits = WindowLimits(duration: nil)
        limits.bytesMax = Self.windowBytes
        let pipeline = Pipeline(rules: RuleEvaluator([]), limits: limits)
        var reading = ArchiveRecords(isSalvaging: true)
        var arrivals: ClosedRange<Int64>?
        var next: UInt64?
        var (clocks, missing, clock) = (0, 0, Int64(0))
        try reading.forEach(in: name) { _, batch, event in
            switch event {
            case .clock:
                clocks += 1
                next = next.map { $0 + 1 }
            case .record(let arrival):
                let stamp: RecordStamp? = if case .recorded(let stamp) = arrival { stamp } else { nil }
                clock = max(clock, stamp?.arrival ?? ReplayClock.arrival(of: batch) ?? clock)
                _ = pipeline.append(batch, arrival: clock)
                guard let stamp else { return }
                if let next, stamp.sequence > next { missing += Int(clamping: stamp.sequence - next) }
                next = stamp.sequence + 1
                let before = arrivals ?? stamp.arrival...stamp.arrival
                arrivals = min(before.lowerBound, stamp.arrival)...max(before.upperBound, stamp.arrival)
            }
        }
        (clockReadings, self.missing) = (clocks, missing)
        firstArrival = arrivals.map { Timestamp.rfc3339($0.lowerBound) }
        lastArrival = arrivals.map { Timestamp.rfc3339($0.upperBound) }
        take(reading)
        take(Report(pipeline.summary(), alerts: []), pipeline.summary().counts)
    }

    private mutating func take(_ reading: ArchiveRecords) {
        (records, groups, uncompressedBytes) = (reading.scan.records, reading.scan.groups, reading.scan.contentBytes)
        isRecording = reading.scan.start != nil
        problems = reading.problems.all
        bytes = (try? FileManager.default.attributesOfItem(atPath: archive)[.size]).flatMap { $0 as? Int }
        let index = ArchiveIndex(path: archive)
        hasIndex = index != nil
        // If records are damaged, there is no need to look further. In concatenated files, no index is of use.
        guard problems.isEmpty, groups > 0 || isRecording, reading.scan.contents.startCount <= 1 else { return }
        problems += problems(of: index, reading.scan.contents).map { "\(archive): \($0)" }
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

    private mutating func take(_ report: Report, _ counts: SpanCounts) {
        (first, last) = (report.first, report.last)
        (spans, rejectedSpans) = (counts.received, counts.rejections.total)
        let byService = Dictionary(grouping: report.operations, by: \.service)
        services = byService.map { Service(service: $0.key, spans: $0.value.reduce(0) { $0 + $1.count }) }
            .sorted { ($1.spans, $0.service) < ($0.spans, $1.service) }
    }

    package var json: String { get throws { try JSONText.encode(self) } }
}
