import Foundation
import Support

/// What the output can show: how wide it is, and whether it has colours (no-color.org).
struct TextStyle {
    let isColoured: Bool
    /// Columns; at least 10.
    let width: Int

    init(isTerminal: Bool, width: Int = 80) {
        let isRefused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isColoured = isTerminal && !isRefused && !Console.isDumb
        self.width = max(width, 10)
    }

    /// That of standard output.
    static var output: TextStyle { TextStyle(isTerminal: Console.isOutputTerminal, width: Console.width) }

    func heading(_ text: String) -> String { wrap(text, "1") }

    /// A heading, what it is about, and a line break.
    func heading(_ text: String, note: String) -> String {
        let line = "\(text) (\(note))"
        return line.columns <= width ? "\(heading(text)) (\(note))\n" : heading(text) + "\n" + prose(note)
    }

    func alarm(_ text: String) -> String { wrap(text, "1;31") }

    /// A sentence over as many lines as it takes.
    func prose(_ text: String, indent: Int = 0, hanging: Int = 0) -> String {
        text.wrapped(width, indent: indent, hanging: hanging).map { $0 + "\n" }.joined()
    }

    /// The same, conspicuous.
    func alarmingProse(_ text: String) -> String {
        text.wrapped(width).map { alarm($0) + "\n" }.joined()
    }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
