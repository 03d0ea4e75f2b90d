/// How the daemon's resident memory goes on once its window has filled.
struct MemoryWatch {
    /// Percent of the first value after the window had filled.
    struct Growth {
        /// By which the highest value of the run's second half is above it.
        var highest: Double
        /// By which the last value is above it.
        var last: Double
        /// Between the smallest value since then and the largest.
        var spread: Double
    }

    private let settled: Double?
    private var lastOldest: Double?
    private var samples: [(seconds: Double, bytes: Int)] = []

    /// Whether the window's oldest spans have had to go at some time between two scrapes.
    private(set) var isFull = false

    /// - Parameter settled: seconds of the run after which the window counts as filled; if nil, it does once spans leave it.
    init(settled: Double?) {
        self.settled = settled
    }

    /// - Parameter seconds: since the run began
    mutating func add(_ scrape: DaemonScrape, at seconds: Double) {
        if let oldest = scrape.oldest {
            if let lastOldest, oldest > lastOldest { isFull = true }
            lastOldest = oldest
        }
        guard settled.map({ seconds >= $0 }) ?? isFull else { return }
        samples.append((seconds, scrape.residentBytes))
    }

    /// nil before there are two values since the window filled.
    var growth: Growth? {
        guard let first = samples.first, let last = samples.last, samples.count > 1, first.bytes > 0 else { return nil }
        func percent(_ bytes: Int) -> Double { Double(bytes) / Double(first.bytes) * 100 }
        let bytes = samples.map(\.bytes)
        let late = samples.dropFirst().filter { $0.seconds >= last.seconds / 2 }.map(\.bytes)
        return Growth(
            highest: percent((late.max() ?? last.bytes) - first.bytes), last: percent(last.bytes - first.bytes),
            spread: percent((bytes.max() ?? 0) - (bytes.min() ?? 0)))
    }
}
