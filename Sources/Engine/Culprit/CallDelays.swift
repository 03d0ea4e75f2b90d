import Support

/// What slow calls to etcd waited for.
///
/// A call that waits for its handler to begin waits for the network or for etcd; one whose handler has ended waits for
/// the network or the API server. A process that isn't running shows no sign of life meanwhile: no other handler
/// begins, no other span ends. A network that delays some calls lets the others pass.
struct CallDelays: Equatable, Sendable {
    /// One side of the calls: before their handlers, or after them.
    struct Part: Equatable, Sendable {
        /// Nanoseconds in all.
        private(set) var waited = 0.0
        /// How many signs of life there were meanwhile, and how many the usual rate would give.
        private(set) var (signs, expected) = (0.0, 0.0)

        mutating func add(_ wait: Range<Int64>, _ life: SignsOfLife) {
            guard !wait.isEmpty else { return }
            let length = Double(wait.upperBound - wait.lowerBound)
            waited += length
            // Everything that waits for a process continues at once when it runs again.
            let end = wait.upperBound - (wait.upperBound - wait.lowerBound) / Self.resumption
            signs += life.count(wait.lowerBound..<end)
            expected += life.rate * Double(end - wait.lowerBound)
        }

        var isLifeless: Bool { expected >= Self.expectedMin && signs <= Self.lifelessMax * expected }
        var isAlive: Bool { expected >= Self.expectedMin && signs >= Self.aliveMin * expected }

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

    mutating func add(before: Range<Int64>, behind: Range<Int64>, etcd: SignsOfLife, apiServer: SignsOfLife) {
        calls += 1
        let ways = [before, behind].map { $0.upperBound - $0.lowerBound }
        longest = max(longest, ways.max() ?? 0)
        self.before.add(before, etcd)
        self.behind.add(behind, apiServer)
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
    private static let mostOfAll = 0.7
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
