import NIOCore

/// When the next request of a connection is due, for a chosen rate. What could not be sent in time is made up for.
struct Pace {
    private let spansPerSecond: Double?
    private let begun: NIODeadline
    private var spans = 0

    init(spansPerSecond: Double?, begun: NIODeadline) {
        self.spansPerSecond = spansPerSecond
        self.begun = begun
    }

    func isDue(at now: NIODeadline) -> Bool {
        guard let spansPerSecond else { return true }
        return Double(spans) <= spansPerSecond * Double((now - begun).nanoseconds) / 1e9
    }

    mutating func took(_ count: Int) {
        spans += count
    }
}
