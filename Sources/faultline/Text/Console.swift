import Archive
import Foundation
import Support
import Synchronization

/// Prints results to standard output, and everything else to standard error.
enum Console {
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    /// Whether the terminal can't do more than print lines.
    static var isDumb: Bool { ProcessInfo.processInfo.environment["TERM"] == "dumb" }

    /// Columns of the terminal; 80 if the output isn't one and `COLUMNS` isn't set.
    static var width: Int { given("COLUMNS") ?? size(STDOUT_FILENO).map { Int($0.ws_col) } ?? 80 }

    /// Columns for tables that are never cut without need: a pipe has none.
    static var tableWidth: Int { given("COLUMNS") ?? size(STDOUT_FILENO).map { Int($0.ws_col) } ?? .max }

    /// Lines of the terminal; 24 if the output isn't one and `LINES` isn't set.
    static var height: Int { given("LINES") ?? size(STDOUT_FILENO).map { Int($0.ws_row) } ?? 24 }

    private static func given(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
    }

    private static func size(_ descriptor: Int32) -> winsize? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return size
    }

    /// Writes to the terminal as it is, escape sequences too.
    static func draw(_ text: String) {
        _ = write(text, to: STDOUT_FILENO)
    }

    static func print(_ text: String) {
        // A closed pipe means the reader has seen enough. Any other failure loses the result.
        guard let code = write(text + "\n", to: STDOUT_FILENO), code != EPIPE else { return }
        note("faultline: write standard output: \(unsafe String(cString: strerror(code)))")
        exit(2)
    }

    /// A sentence about the work, over as many lines of the terminal as it takes; elsewhere in one line, which can be
    /// searched, whatever `COLUMNS` is.
    static func remark(_ text: String) {
        let sentence = "faultline: \(text)"
        let width = isErrorTerminal ? given("COLUMNS") ?? size(STDERR_FILENO).map { Int($0.ws_col) } : nil
        note(width.map { sentence.wrapped($0, hanging: 2).joined(separator: "\n") } ?? sentence)
    }

    static func note(_ text: String) {
        _ = write(text + "\n", to: STDERR_FILENO)
    }

    /// Replaces the current line of the terminal.
    static func progress(_ text: String) {
        _ = write("\r\u{1B}[K" + text, to: STDERR_FILENO)
    }

    /// - Returns: errno if not everything could be written.
    private static func write(_ text: String, to descriptor: Int32) -> Int32? {
        unsafe FileWriting.writeAll(Array(text.utf8).span.bytes, to: descriptor)
    }
}

/// The first Ctrl-C asks the command to stop and report what it has; the second ends the process.
enum Interruption {
    private static let isAsked = Atomic<Bool>(false)

    static func watch() {
        // Initializes the static here, because the signal handler must not.
        isAsked.store(PipeReading.isAsked, ordering: .relaxed)
        signal(SIGINT) { _ in
            Interruption.isAsked.store(true, ordering: .relaxed)
            PipeReading.end()
            signal(SIGINT, SIG_DFL)
        }
    }

    /// SIGTERM and the closing of the terminal do the same, for commands that have to clean up.
    static func watchTermination() {
        for number in [SIGTERM, SIGHUP] { signal(number) { _ in Interruption.isAsked.store(true, ordering: .relaxed) } }
    }

    static var isRequested: Bool { isAsked.load(ordering: .relaxed) }
}

/// Progress of a replay on a terminal, at most ten updates a second.
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
