package import Engine
import OTLP
import Support

extension RecordedTraces {
    /// How a search of the recording went.
    package struct Searched: Sendable {
        package var damage: [Damage] = []
        /// nil if everything was read that it asked for.
        package var failure: LookupError?
        /// If not: back to which span ends everything was read, Unix nanoseconds; nil if nothing was.
        package var since: Int64?
    }

    /// Searches a range of the recording as a window is searched: its spans are put into views of a few hundred thousand
    /// each, from the latest minutes to the earliest.
    ///
    /// - Parameters:
    ///   - range: of the ends of spans, Unix nanoseconds.
    ///   - services: which services have which role. - components: attributes the views; nil if attribution isn't
    ///     needed.
    ///   - body: takes a view, and the ends of spans to search in it.
    ///   - isEnough: asked after each stretch of time; whatever follows is earlier.
    package func search(
        _ range: Range<Int64>, before deadline: ContinuousClock.Instant, services: ServiceNames,
        components: ComponentTable? = nil, _ body: @escaping (WindowView, Range<Int64>) -> Void, isEnough: () -> Bool
    ) -> Searched {
        var searched = Searched()
        searched.failure = reading(before: deadline) { reading in
            for stretch in Stretches(range.clamped(to: self.searched), in: reading.files) {
                var views = SearchedViews(services, components, in: stretch.ends, body)
                for file in stretch.files {
                    let isRead = reading.read(file, endingIn: stretch.ends.widened(by: Stretches.margin)) {
                        message, _ in
                        views.add(message)
                    }
                    guard isRead else {
                        views.finish()
                        return false
                    }
                }
                views.finish()
                searched.since = stretch.ends.lowerBound
                if isEnough() { break }
            }
            return true
        } damage: {
            searched.damage = $0
        }
        return searched
    }
}

/// A range of time in pieces, the latest first, each twice as long as the one before it: the latest traces are found
/// soon, and files are opened a few times each. In one piece if no file says which time it covers.
private struct Stretches: Sequence, IteratorProtocol {
    struct Stretch {
        var ends: Range<Int64>
        var files: [RecordedTraces.File]
    }

    /// The margin around a stretch, so that traces at its ends are whole; nanoseconds.
    static let margin: Int64 = 40_000_000_000
    private static let first: Int64 = 60_000_000_000
    private static let longest: Int64 = 3_600_000_000_000

    private let files: [RecordedTraces.File]
    private var rest: Range<Int64>
    private var length: Int64

    init(_ range: Range<Int64>, in files: [RecordedTraces.File]) {
        self.files = files
        let last = (files.map(\.modified).max() ?? .min).addingSaturating(RecordedTraces.margin)
        rest = range.clamped(to: .min..<last)
        length = files.contains { $0.begun == .min } ? .max : Self.first
    }

    mutating func next() -> Stretch? {
        while !rest.isEmpty {
            let start = Swift.max(rest.lowerBound, rest.upperBound.subtractingSaturating(length))
            let ends = start..<rest.upperBound
            rest = rest.lowerBound..<start
            length = length == .max ? .max : Swift.min(length * 2, Self.longest)
            let around = ends.widened(by: RecordedTraces.margin)
            let held = files.filter { $0.begun < around.upperBound && $0.modified >= around.lowerBound }
            if !held.isEmpty { return Stretch(ends: ends, files: held) }
            // Nothing was recorded then; perhaps earlier.
            guard let last = files.filter({ $0.begun < around.lowerBound }).map(\.modified).max() else { return nil }
            rest = rest.clamped(to: .min..<Swift.max(last.addingSaturating(RecordedTraces.margin), rest.lowerBound))
        }
        return nil
    }
}

/// Makes views of messages, as large as memory for a search allows.
private struct SearchedViews: ~Copyable {
    private let services: ServiceNames
    private let components: ComponentTable?
    private let ends: Range<Int64>
    private let body: (WindowView, Range<Int64>) -> Void
    private var batch = SpanBatch()
    private var window: Window

    /// When a view is searched, and the next one begun.
    private static let bytesMax = 32 << 20

    init(
        _ services: ServiceNames, _ components: ComponentTable?, in ends: Range<Int64>,
        _ body: @escaping (WindowView, Range<Int64>) -> Void
    ) {
        self.services = services
        self.components = components
        self.ends = ends
        self.body = body
        window = Self.window(services)
    }

    /// Far larger than it gets, so that nothing is evicted.
    private static func window(_ services: ServiceNames) -> Window {
        var limits = WindowLimits(duration: nil)
        limits.services = services
        return Window(limits: limits)
    }

    mutating func add(_ message: RawSpan) {
        batch.removeAll()
        guard (try? SpanDecoder(services: services).decode(message, into: &batch)) != nil else { return }
        // A file without an index is read whole.
        let around = ends.widened(by: Stretches.margin)
        guard (0..<batch.count).contains(where: { around.contains(batch.end($0)) }) else { return }
        let last = (0..<batch.count).map { batch.end($0) }.max() ?? 0
        _ = window.append(batch, arrival: last, evaluatedUpTo: .min)
        if window.byteCount >= Self.bytesMax { finish() }
    }

    /// Searches what was added since the last time.
    mutating func finish() {
        guard window.spanCount > 0 else { return }
        var view = window.view()
        if let components {
            var attributor = Attributor(components: components, portionRows: 1 << 16)
            view = attributor.attributed(view)
        }
        body(view, ends)
        window = Self.window(services)
    }
}
