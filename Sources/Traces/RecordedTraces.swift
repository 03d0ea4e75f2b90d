import Archive
import Engine
import Support
import Synchronization

/// Traces read back from a recording, or from the archives of `faultline view`. If the time of a trace is unknown,
/// everything is read, newest first; with a time range, the indices of files say which parts to read.
package final class RecordedTraces: Sendable {
    package struct File: Sendable {
        var path: String
        /// When it was begun, Unix nanoseconds; `.min` if unknown: it may hold spans of any time.
        var begun: Int64
        /// When it was written last, Unix nanoseconds.
        var modified: Int64
        /// Whether more may be written to it, so that an incomplete end isn't damage.
        var isGrowing: Bool

        package init(path: String, begun: Int64 = .min, modified: Int64, isGrowing: Bool = false) {
            self.path = path
            self.begun = begun
            self.modified = modified
            self.isGrowing = isGrowing
        }
    }

    /// A damaged part of a file.
    package struct Damage: Hashable, Sendable {
        package var path: String
        /// Bytes of the file that were not read.
        package var bytes: Range<Int>
        package var problem: String

        /// The file without its directory, which is none of the clients' business.
        package var text: String {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return "a damaged part of \(name) was passed over (bytes \(bytes.lowerBound) to \(bytes.upperBound)); "
                + "traces of it are missing"
        }
    }

    package enum LookupError: Error {
        /// Somebody else is reading the recording.
        case isBusy
        /// The deadline has passed, and not all was read where the spans may be.
        case isTooLong
    }

    /// A trace that is looked for.
    struct Sought: Sendable {
        var id: TraceID
        /// When its spans ended, Unix nanoseconds; nil if unknown.
        var ends: Range<Int64>?

        init(_ id: TraceID, endingIn ends: Range<Int64>?) {
            self.id = id
            self.ends = ends
        }
    }

    /// What was read.
    package struct Found: Sendable {
        /// An `ExportTraceServiceRequest` on the wire; empty if there are no spans.
        package var message: [UInt8] = []
        package var damage: [Damage] = []
        /// nil if everything was read where the spans may be.
        package var failure: LookupError?
    }

    /// All files, the newest first.
    private let files: @Sendable () -> [File]
    /// Since when the window has everything that was recorded, unless it evicted it; Unix nanoseconds.
    package let windowBegan: Int64
    /// Which ends of spans may be searched, Unix nanoseconds.
    let searched: Range<Int64>
    private let onDamage: @Sendable (Damage) -> Void
    private let damagedParts = Atomic<Int>(0)
    /// What was read for lists; nil before that.
    let earlierOperations = Mutex<EarlierOperations?>(nil)
    /// Held while reading, because reading uses all it can get of a core and of the disk.
    private let turn = Mutex(())

    /// The time between the ends of a trace's first and last spans to arrive, and between the clocks of senders and
    /// ours; nanoseconds.
    static let margin: Int64 = 60_000_000_000

    /// - Parameter onDamage: called for each damaged part that is skipped, each time.
    package init(
        windowBegan: Int64 = .min, searching searched: Range<Int64> = .min ..< .max,
        onDamage: @escaping @Sendable (Damage) -> Void = { _ in },
        _ files: @escaping @Sendable () -> [File]
    ) {
        self.windowBegan = windowBegan
        self.searched = searched
        self.onDamage = onDamage
        self.files = files
    }

    /// Damaged parts passed over so far.
    package var damageCount: Int { damagedParts.load(ordering: .relaxed) }

    /// The spans of some traces.
    ///
    /// - Parameter deadline: no part of the recording is begun after it.
    func traces(_ sought: [Sought], before deadline: ContinuousClock.Instant) -> Found {
        var found = Found()
        var extract = TraceExtract(sought.map(\.id))
        found.failure = reading(before: deadline) { reading in
            for group in SoughtGroup.groups(of: sought) {
                guard group.read(&reading, into: &extract) else { return false }
            }
            return true
        } damage: {
            found.damage = $0
        }
        found.message = extract.message()
        return found
    }

    /// Reads, unless another reader is active.
    ///
    /// - Parameters:
    ///   - body: returns false if there was no time left.
    ///   - damage: takes what was damaged.
    /// - Returns: why not everything was read.
    func reading(
        before deadline: ContinuousClock.Instant, _ body: (inout RecordedReading) -> Bool, damage: ([Damage]) -> Void
    ) -> LookupError? {
        let failure: LookupError?? = turn.withLockIfAvailable { _ in
            var reading = RecordedReading(files(), deadline)
            let isWhole = body(&reading)
            damagedParts.add(reading.damage.count, ordering: .relaxed)
            for part in reading.damage { onDamage(part) }
            damage(reading.damage)
            return isWhole ? nil : .isTooLong
        }
        return failure ?? .isBusy
    }
}

extension Range<Int64> {
    func widened(by margin: Int64) -> Range<Int64> {
        lowerBound.subtractingSaturating(margin)..<upperBound.addingSaturating(margin)
    }
}
