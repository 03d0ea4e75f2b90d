/// How the daemon's resident memory goes on once its window is full.
struct MemoryWatch {
    private var lastOldest: Double?
    private var atFull: Int?
    private var smallest = Int.max
    private var largest = 0
    private(set) var samples = 0
    private var last = 0

    /// The window is full when its oldest span has had to go since the last scrape.
    private(set) var isFull = false

    mutating func add(_ scrape: DaemonScrape) {
        if let oldest = scrape.oldest {
            if let lastOldest, oldest > lastOldest { isFull = true }
            lastOldest = oldest
        }
        guard isFull else { return }
        samples += 1
        last = scrape.residentBytes
        atFull = atFull ?? last
        smallest = min(smallest, last)
        largest = max(largest, last)
    }

    /// Percent by which memory has grown since the window was full, and the spread between the smallest and the
    /// largest value seen; nil before there are two values.
    var growthPercent: (end: Double, spread: Double)? {
        guard let atFull, samples > 1, atFull > 0 else { return nil }
        return (
            Double(last - atFull) / Double(atFull) * 100, Double(largest - smallest) / Double(atFull) * 100
        )
    }
}
