import Support

/// What slow calls to etcd waited for.
///
/// A call that waits for its handler to begin waits for the network or for etcd; one whose handler has ended waits for
/// the network or the API server. A process that isn't running shows no sign of life meanwhile: none of its other
/// handlers begins, none of its other spans ends. A network that delays some calls lets the others pass.
struct CallDelays: Equatable, Sendable {
    /// One side of the calls: before their handlers, or after them.
    struct Part: Equatable, Sendable {
        /// Nanoseconds in all.
        private(set) var waited = 0.0
        /// How many signs of life there were meanwhile, and how many the usual rate would give.
        private(set) var (signs, expected) = (0.0, 0.0)

        /// By the number of the source that is waited for.
        private var waitedBySource: [UInt16: Double] = [:]

        /// - Parameter source: that is waited for.
        mutating func add(_ wait: Range<Int64>, for source: UInt16, _ lives: SourceLives) {
            guard !wait.isEmpty else { return }
            let length = Double(wait.upperBound - wait.lowerBound)
            waited += length
            waitedBySource[source, default: 0] += length
            guard let life = lives[source] else { return }
            // Everything that waits for a process continues at once when it runs again.
            let end = wait.upperBound - (wait.upperBound - wait.lowerBound) / Self.resumption
            signs += life.count(wait.lowerBound..<end)
            expected += life.rate * Double(end - wait.lowerBound)
        }

        var isLifeless: Bool { expected >= Self.expectedMin && signs <= Self.lifelessMax * expected }
        var isAlive: Bool { expected >= Self.expectedMin && signs >= Self.aliveMin * expected }

        /// The source that nearly all of the waiting was for; nil if none is.
        var source: UInt16? { waitedBySource.first { $0.value >= CallDelays.mostOfAll * waited }?.key }

        private static let resumption: Int64 = 5
        /// With fewer, none at all may be chance.
        private static let expectedMin = 14.0
        private static let lifelessMax = 0.3
        private static let aliveMin = 0.6
    }

    private(set) var calls = 0
    private(set) var longest: Int64 = 0
    private(set) var before = Part()
    private(set) var behind = Part()

    mutating func add(_ call: StoppedProcesses.Handled, _ lives: SourceLives) {
        calls += 1
        let ways = [call.before, call.behind].map { $0.upperBound - $0.lowerBound }
        longest = max(longest, ways.max() ?? 0)
        before.add(call.before, for: call.etcd, lives)
        behind.add(call.behind, for: call.apiServer, lives)
    }

    /// The process that nearly all of the waiting was for, if it did nothing meanwhile; nil if none is.
    var process: Stall.Process? {
        guard calls >= Self.callsMin else { return nil }
        let most = Self.mostOfAll * (before.waited + behind.waited)
        if before.waited >= most { return before.isLifeless ? .etcd : nil }
        return behind.waited >= most && behind.isLifeless ? .apiServer : nil
    }

    /// Whether calls waited although both processes continued with others.
    var isOnTheWay: Bool {
        guard calls >= Self.callsMin else { return false }
        let most = Self.mostOfAll * (before.waited + behind.waited)
        if before.waited >= most { return before.isAlive }
        if behind.waited >= most { return behind.isAlive }
        return before.isAlive && behind.isAlive
    }

    /// Whether it says what the calls waited for.
    var isConclusive: Bool { process != nil || isOnTheWay }

    private static let callsMin = 10
    fileprivate static let mostOfAll = 0.7
}

/// When each process showed that it runs. A stopped member of etcd shows nothing while the others continue.
struct SourceLives: Sendable {
    private let range: Range<Int64>
    /// By source: its place among `lives`, or -1.
    private var places: [Int]
    private var lives: [(life: SignsOfLife, isEtcd: Bool)] = []
    /// More take memory that nothing warrants.
    private static let sourcesMax = 32

    init(_ range: Range<Int64>, sources: Int) {
        self.range = range
        places = Array(repeating: -1, count: sources)
    }

    @inline(__always)
    mutating func add(_ time: Int64, _ source: UInt16, isEtcd: Bool) {
        guard Int(source) < places.count else { return }
        if places[Int(source)] < 0 {
            guard lives.count < Self.sourcesMax else { return }
            places[Int(source)] = lives.count
            lives.append((SignsOfLife(range), isEtcd))
        }
        lives[places[Int(source)]].life.add(time)
    }

    /// Ends the collection.
    mutating func sum() {
        for index in lives.indices { lives[index].life.sum() }
    }

    /// nil if nothing is known of it.
    subscript(_ source: UInt16) -> SignsOfLife? {
        guard Int(source) < places.count, places[Int(source)] >= 0 else { return nil }
        return lives[places[Int(source)]].life
    }

    /// How many members of etcd, or API servers, there are.
    func count(areEtcd: Bool) -> Int { lives.count { $0.isEtcd == areEtcd } }
}

/// When a process showed that it runs.
struct SignsOfLife: Sendable {
    /// How many there were before each point in time.
    private var sums: [UInt32]
    private let start: Int64
    /// A finer look costs more and shows nothing more.
    private static let step: Int64 = 1_000_000
    private static let stepsMax = 600_000

    init(_ range: Range<Int64>) {
        start = range.lowerBound
        let steps = (range.upperBound.subtractingSaturating(range.lowerBound)) / Self.step
        sums = Array(repeating: 0, count: Int(min(max(steps, 0), Int64(Self.stepsMax))) + 1)
    }

    @inline(__always)
    mutating func add(_ time: Int64) {
        guard time >= start else { return }
        let step = Int((time - start) / Self.step) + 1
        if step < sums.count { sums[step] &+= 1 }
    }

    /// Ends the collection.
    mutating func sum() {
        for step in sums.indices.dropFirst() { sums[step] &+= sums[step - 1] }
    }

    /// Per nanosecond.
    var rate: Double { sums.count > 1 ? Double(sums[sums.count - 1]) / Double(Int64(sums.count - 1) * Self.step) : 0 }

    func count(_ range: Range<Int64>) -> Double {
        Double(total(before: range.upperBound)) - Double(total(before: range.lowerBound))
    }

    private func total(before time: Int64) -> UInt32 {
        guard time > start else { return 0 }
        return sums[min(Int((time - start) / Self.step), sums.count - 1)]
    }
}
