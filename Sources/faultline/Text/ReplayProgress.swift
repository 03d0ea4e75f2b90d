import Foundation

/// How far a replay is, on a terminal, at most ten times a second.
struct ReplayProgress {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    init(isShown: Bool) {
        self.isShown = isShown
    }

    mutating func show(_ progress: (read: Int, size: Int?)) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(100) { return }
        last = now
        let elapsed = max((now - start) / .seconds(1), 1e-3)
        let rate = Double(progress.read) / elapsed
        var text = String(format: "%.1f MB read, %.1f MB/s", Double(progress.read) / 1e6, rate / 1e6)
        if let size = progress.size, size > 0 {
            let left = Double(max(size - progress.read, 0)) / max(rate, 1)
            text += String(format: ", %.0f %%, %.0f s left", 100 * Double(progress.read) / Double(size), left)
        }
        Console.progress(text)
    }

    func finish() {
        if isShown, last != nil { Console.progress("") }
    }
}
