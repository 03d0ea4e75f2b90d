import Archive
import ArgumentParser
import Replay
import Support

/// A time on the command line of a replay.
struct EventTime {
    let text: String

    init(text: String) throws {
        guard Timestamp.parse(text, now: TimeLimits.latest) != nil else {
            throw ValidationError(
                "a time is RFC 3339 (2026-11-23T04:33:30Z), Unix seconds (1795408410), a duration before the end of the "
                    + "recording (-5m), or now, which is that end; from 1970 to 2116")
        }
        self.text = text
    }

    /// Whether it counts from the end of the recording.
    var isRelative: Bool { text == "now" || text.hasPrefix("-") }

    /// Unix nanoseconds.
    func nanoseconds(now: Int64?) -> Int64? { Timestamp.parse(text, now: now ?? TimeLimits.latest) }
}

/// From when to when the spans of archives are.
struct RecordingSpan {
    /// In RFC 3339; nil without spans.
    private let ends: (first: String, last: String)?

    /// Reads the archives to their end.
    init(_ archives: [String]) throws {
        ends = try Ending.reporting {
            let scans = try ArchiveNames.expand(archives).map { try ArchiveScan($0) }
            func earlier(_ left: String, _ right: String) -> Bool {
                (Timestamp.parse(rfc3339: left) ?? 0) < (Timestamp.parse(rfc3339: right) ?? 0)
            }
            guard let first = scans.compactMap(\.first).min(by: earlier),
                let last = scans.compactMap(\.last).max(by: earlier)
            else { return nil }
            return (first, last)
        }
    }

    /// The whole second after the last span, as `view` has it: what relative times count from.
    var end: Int64 {
        let second: Int64 = 1_000_000_000
        let last = ends.flatMap { Timestamp.parse(rfc3339: $0.last) } ?? 0
        return min(last, TimeLimits.latest - second) / second * second + second
    }

    var text: String {
        ends.map { "the recording is from \($0.first) to \($0.last)" } ?? "the recording has no spans"
    }
}
