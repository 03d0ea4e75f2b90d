import Rules
import Support
import YAML

/// The problems of a file have positions inside it and are safe to print.
enum ProblemsCheck {
    static func check(_ problems: Diagnostics, of bytes: [UInt8]) throws(Finding) {
        try require((1...Diagnostics.limit).contains(problems.count), "refused for \(problems.count) problems")
        // Each of these bytes begins or ends a line break of YAML.
        let lines = 1 + bytes.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) }
        for problem in problems.all {
            let (line, column) = (problem.position.line, problem.position.column)
            try require(
                (1...lines + 1).contains(line) && (1...bytes.count + 2).contains(column),
                "a problem beyond the file: \(problem)")
            let text = problem.description
            try require(!text.isEmpty && text.utf8.count <= 4096, "a problem of \(text.utf8.count) bytes: \(text)")
            if let scalar = text.unicodeScalars.first(where: PrintableText.isUnsafe) {
                throw Finding("a problem with U+\(String(scalar.value, radix: 16)) in it: \(text)")
            }
        }
    }
}
