import Foundation

/// Whether text for people may be coloured: on a terminal, unless NO_COLOR is set (no-color.org).
struct TextStyle {
    let isColoured: Bool

    init(isTerminal: Bool) {
        let refused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isColoured = isTerminal && !refused
    }

    func heading(_ text: String) -> String { wrap(text, "1") }

    func alarm(_ text: String) -> String { wrap(text, "1;31") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
