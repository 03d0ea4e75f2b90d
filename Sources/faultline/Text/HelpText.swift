import Support

/// What Argument Parser prints, without lines wider than the terminal: it wraps all lines but these.
enum HelpText {
    private static let unbroken = ["usage: ", "error: ", "help: "]

    static func fitted(_ text: String, to width: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { line -> [String] in
                let start = unbroken.first { line.lowercased().hasPrefix($0) }
                guard let start, line.count > width else { return [String(line)] }
                return joiningOptions(String(line)).wrapped(width, hanging: start.count).map {
                    $0.replacing(String(glue), with: " ")
                }
            }
            .joined(separator: "\n")
    }

    /// An option and its value stay on one line: `[--listen <address>]`.
    private static func joiningOptions(_ line: String) -> String {
        var depth = 0
        return String(
            line.map { character in
                if character == "[" { depth += 1 }
                if character == "]" { depth -= 1 }
                return character == " " && depth > 0 ? glue : character
            })
    }

    private static let glue: Character = "\u{A0}"
}
