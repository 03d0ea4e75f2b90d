import Engine
import Glibc
import OTLP
import Support

/// Traces that are searched for together, because they are from about the same time, or because their time is unknown.
struct SoughtGroup {
    private var ids: [TraceID]
    /// When their spans ended, with a margin, Unix nanoseconds; nil if unknown.
    private var range: Range<Int64>?

    /// If there are more ids than this, traces are searched for by decoding every message.
    private static let needlesMax = 4

    static func groups(of sought: [RecordedTraces.Sought]) -> [SoughtGroup] {
        var groups: [SoughtGroup] = []
        let unknown = sought.filter { $0.ends == nil }
        if !unknown.isEmpty { groups.append(SoughtGroup(ids: unknown.map(\.id), range: nil)) }
        let known = sought.compactMap { trace in
            trace.ends.map { (id: trace.id, range: $0.widened(by: RecordedTraces.margin)) }
        }
        for (id, range) in known.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if let last = groups.last?.range, range.lowerBound <= last.upperBound {
                groups[groups.count - 1].ids.append(id)
                groups[groups.count - 1].range = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                groups.append(SoughtGroup(ids: [id], range: range))
            }
        }
        return groups
    }

    /// Adds the traces' spans to an extract.
    /// - Returns: false if there was no time left.
    func read(_ reading: inout RecordedReading, into extract: inout TraceExtract) -> Bool {
        let needles = ids.count <= Self.needlesMax ? ids.map { Needle($0) } : []
        // When the first message with any of their spans arrived, Unix nanoseconds.
        var firstArrival: Int64?
        for file in reading.files {
            // Older files hold nothing of the range, or of what has been found.
            if let range, file.modified < range.lowerBound { break }
            let isFound = ids.allSatisfy { !extract.spanIDs(of: $0).isEmpty }
            if isFound, let firstArrival, file.modified < firstArrival.subtractingSaturating(RecordedTraces.margin) {
                break
            }
            let isRead = reading.read(file, endingIn: range) { message, arrival in
                guard needles.isEmpty || needles.contains(where: { $0.isIn(message) }) else { return }
                let before = extract.spanCount
                try? extract.add(message)
                if extract.spanCount > before { firstArrival = min(firstArrival ?? .max, arrival) }
            }
            guard isRead else { return false }
        }
        return true
    }
}

/// The bytes of a trace id, to find the few messages that need decoding.
private struct Needle {
    private let bytes: [UInt8]

    init(_ id: TraceID) {
        bytes = [id.high, id.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) }
        }
    }

    func isIn(_ message: RawSpan) -> Bool {
        unsafe message.withUnsafeBytes { message in
            unsafe bytes.withUnsafeBytes { needle in
                // By the last byte, which is as good as random in every kind of id.
                guard var rest = message.baseAddress, message.count >= needle.count, let id = needle.baseAddress else {
                    return false
                }
                let (end, before) = (unsafe rest + message.count, needle.count - 1)
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
