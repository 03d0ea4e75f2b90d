import Engine
import Foundation
package import Logging
package import Pipeline
package import Recording
import Rules
import ServiceLifecycle
import Support

/// Checks the process once a second: its memory, names that count as `_other`, spans that no attribution includes
/// because their slot is full, slots attributed too early, and requests that were not recorded.
package struct SelfWatch: Service {
    private let pipeline: Pipeline
    private let recorder: ArchiveRecorder?
    private let memory: MemoryWatch
    private let logger: Logger

    private static let period = Duration.seconds(1)

    /// - Parameters:
    ///   - recorder: nil if nothing is recorded.
    ///   - limit: of resident memory, bytes.
    package init(
        _ pipeline: Pipeline, recorder: ArchiveRecorder?, memoryLimit limit: Int, log: RateLimitedLog, logger: Logger
    ) {
        self.pipeline = pipeline
        self.recorder = recorder
        memory = MemoryWatch(limit: limit, log: log)
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var memory = memory
            var operations = NameOverflowLog(what: "operations", field: "window.max_operations")
            var requests = NameOverflowLog(what: "requests", field: "window.max_requests")
            var sources = NameOverflowLog(what: "sources", field: "window.max_sources")
            var overfull = GrowingCountLog(
                "spans are counted but not attributed: those of five seconds exceed half of window.max_bytes")
            var early = GrowingCountLog(
                "requests are attributed before all of their spans can arrive: raise window.max_bytes or limits.memory")
            var gaps = RecordingGaps()
            while !Task.isCancelled {
                memory.look(at: pipeline)
                let gauges = pipeline.windowGauges()
                operations.look(at: gauges.operations, logger) { pipeline.namePlaces().operations }
                requests.look(at: gauges.requests, logger) { pipeline.namePlaces().requests }
                sources.look(at: gauges.sources, logger) { pipeline.namePlaces().sources }
                overfull.look(at: gauges.unattributed.full, of: "spans", logger)
                early.look(at: gauges.attribution.slotsEarly, of: "slots", logger)
                if let recorder { gaps.look(at: recorder.current, logger) }
                do { try await Task.sleep(for: Self.period) } catch { return }
            }
        }
    }
}

/// Keeps the resident memory within the limit where counting bytes isn't enough: malloc keeps freed memory, and pages
/// are only partly used.
struct MemoryWatch {
    let limit: Int
    private let log: RateLimitedLog
    private var nextTrim = ContinuousClock.now

    /// Minimum interval of trims, since other threads wait for them.
    private static let trimInterval = Duration.seconds(2)

    init(limit: Int, log: RateLimitedLog) {
        self.limit = limit
        self.log = log
    }

    mutating func look(at pipeline: Pipeline) {
        guard let resident = Self.residentBytes(), resident > limit / 10 * 8, ContinuousClock.now >= nextTrim else {
            return
        }
        nextTrim = ContinuousClock.now + Self.trimInterval
        ProcessHeap.trim()
        guard let left = Self.residentBytes(), left > limit / 20 * 19 else { return }
        // Evict the oldest spans; their statistics stay in the history.
        let given = pipeline.evictSpans(bytes: left - limit / 10 * 9)
        ProcessHeap.trim()
        log.note(.warning, "the oldest spans were evicted early to stay within limits.memory") {
            ["resident": "\(ByteSize.text(left))", "evicted": "\(ByteSize.text(given))"]
        }
    }

    /// Source: proc(5), statm.
    private static func residentBytes() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map {
            $0 * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }
}

/// Logs names that count as `_other`, once per reason in ten seconds.
struct NameOverflowLog {
    let what: String
    /// The configuration key of the limit.
    let field: String
    private var seen = 0
    private var nextLine: [NameOverflow.Reason: ContinuousClock.Instant] = [:]

    private static let interval = Duration.seconds(10)

    init(what: String, field: String) {
        self.what = what
        self.field = field
    }

    mutating func look(at names: NameGauges, _ logger: Logger, places: () -> NamePlacesUse) {
        guard names.overflowed > seen, let overflow = names.overflow else { return }
        let now = ContinuousClock.now
        guard now >= nextLine[overflow.reason] ?? now else { return }
        nextLine[overflow.reason] = now + Self.interval
        let use = places()
        logger.warning(
            "\(what) beyond the limit of names are counted together as _other",
            metadata: [
                "spans": "\(names.overflowed - seen)", "reason": "\(overflow.reason.rawValue)",
                "of": "\(PrintableText.escape(overflow.owner))",
                "for_example": "\(PrintableText.escape(overflow.name))",
                "places": "\(use.taken) of \(use.limit) by \(use.owners) owners",
                "most": "\(use.ofLargest) by \(PrintableText.escape(use.largest))", "limit": "\(field)",
            ])
        seen = names.overflowed
    }
}

/// Logs by how much a count has grown, one line in ten seconds.
struct GrowingCountLog {
    private let message: Logger.Message
    private var seen = 0
    private var nextLine = ContinuousClock.now

    private static let interval = Duration.seconds(10)

    init(_ message: Logger.Message) {
        self.message = message
    }

    mutating func look(at count: Int, of things: String, _ logger: Logger) {
        guard count > seen, ContinuousClock.now >= nextLine else { return }
        nextLine = ContinuousClock.now + Self.interval
        logger.warning(message, metadata: [things: "\(count - seen)"])
        seen = count
    }

    /// Leaves growth so far out of the next line.
    mutating func skip(to count: Int) { seen = count }
}

/// Logs export requests that were accepted but not recorded because the disk is too slow.
struct RecordingGaps {
    private var log = GrowingCountLog(
        "export requests were accepted but not recorded: they arrive faster than the archive is written")

    mutating func look(at counts: RecordingCounts, _ logger: Logger) {
        // The recording itself logs why it failed.
        guard !counts.isFailed else { return log.skip(to: counts.requestsDropped) }
        log.look(at: counts.requestsDropped, of: "requests", logger)
    }
}
