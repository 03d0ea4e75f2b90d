import Archive
package import Engine
import Glibc
import OTLP
import Synchronization

/// Traces read back from a recording. Looking for one without knowing when it was means to read everything, the newest
/// first; with a range of time, the indices of files tell which parts to read.
package final class RecordedTraces: Sendable {
    package struct File: Sendable {
        package var path: String
        /// When it was written last, Unix nanoseconds.
        package var modified: Int64

        package init(path: String, modified: Int64) {
            self.path = path
            self.modified = modified
        }
    }

    package enum Failure: Error {
        /// Somebody else is looking for a trace.
        case isBusy
        /// The deadline has passed, and not all was read where the trace may be.
        case isTooLong
    }

    /// All files, the newest first.
    private let files: @Sendable () -> [File]
    /// Held by who reads: reading takes as much of the disk and a core as it gets.
    private let turn = Mutex(())

    /// Between the end of a trace's first span to come and that of its last, and between the clocks of senders and
    /// ours; nanoseconds.
    private static let margin: Int64 = 60_000_000_000

    package init(_ files: @escaping @Sendable () -> [File]) {
        self.files = files
    }

    /// The spans of a trace as an `ExportTraceServiceRequest` on the wire; empty if there are none.
    ///
    /// - Parameters:
    ///   - range: when its spans ended, Unix nanoseconds; nil if unknown.
    ///   - deadline: no part of the recording is begun after it.
    package func message(
        of trace: TraceID, endingIn range: Range<Int64>?, before deadline: ContinuousClock.Instant
    ) throws(Failure) -> [UInt8] {
        let result: Result<[UInt8], Failure>? = turn.withLockIfAvailable { _ in
            var reading = Reading(trace, range.map { $0.widened(by: Self.margin) }, deadline)
            return Result { () throws(Failure) in try reading.message(in: files(), margin: Self.margin) }
        }
        guard let result else { throw .isBusy }
        return try result.get()
    }
}

extension Range<Int64> {
    fileprivate func widened(by margin: Int64) -> Range<Int64> {
        let (low, isLow) = lowerBound.subtractingReportingOverflow(margin)
        let (high, isHigh) = upperBound.addingReportingOverflow(margin)
        return (isLow ? .min : low)..<(isHigh ? .max : high)
    }
}

/// One look for a trace.
private struct Reading {
    private let trace: TraceID
    private let range: Range<Int64>?
    private let deadline: ContinuousClock.Instant
    private let needle: [UInt8]
    private var extract: TraceExtract
    /// When the first message with any of its spans arrived, Unix nanoseconds.
    private var firstArrival: Int64?

    init(_ trace: TraceID, _ range: Range<Int64>?, _ deadline: ContinuousClock.Instant) {
        self.trace = trace
        self.range = range
        self.deadline = deadline
        needle = [trace.high, trace.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) }
        }
        extract = TraceExtract([trace])
    }

    /// - Parameter margin: nanoseconds.
    mutating func message(
        in files: [RecordedTraces.File], margin: Int64
    ) throws(RecordedTraces.Failure) -> [UInt8] {
        for file in files {
            // Older files hold nothing of the range, or of what has been found.
            if let range, file.modified < range.lowerBound { break }
            if let firstArrival, file.modified < firstArrival - margin { break }
            guard read(file) else { throw .isTooLong }
        }
        return extract.message()
    }

    /// What is damaged is left out, and so is a file that was removed meanwhile.
    /// - Returns: false if there is no time left.
    private mutating func read(_ file: RecordedTraces.File) -> Bool {
        let options = ArchiveOptions(spanEnds: range, isSalvaging: true)
        do throws(ArchiveError) {
            var reader = try ArchiveReader(file.path, options, readsAhead: false)
            while ContinuousClock.now < deadline {
                let step = try reader.step { record, encoding, stamp in
                    guard encoding == .protobuf, holds(record) else { return }
                    // Only messages that could be decoded are recorded.
                    try? extract.add(record)
                    firstArrival = min(firstArrival ?? .max, stamp?.arrival ?? file.modified)
                }
                if case .end = step { return true }
            }
            return false
        } catch {
            return true
        }
    }
    /// Whether a message may have spans of the trace. Most have none, and needn't be decoded.
    private func holds(_ message: RawSpan) -> Bool {
        unsafe message.withUnsafeBytes { bytes in
            unsafe needle.withUnsafeBytes { needle in
                // By the last byte, which is as good as random in every kind of id.
                guard var rest = bytes.baseAddress, bytes.count >= needle.count, let id = needle.baseAddress else {
                    return false
                }
                let (end, before) = (unsafe rest + bytes.count, needle.count - 1)
                unsafe rest += before
                while let found = unsafe memchr(rest, Int32(needle[before]), end - rest) {
                    if unsafe memcmp(found - before, id, before) == 0 { return true }
                    unsafe rest = UnsafeRawPointer(found) + 1
                }
                return false
            }
        }
    }
}
