import Support

/// A position in a file. Lines and columns count from 1, columns in Unicode scalars.
package struct SourcePosition: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static let start = SourcePosition(line: 1, column: 1)

    package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A reference to another file, with the position where it is written.
package struct FileReference: Hashable, Sendable {
    /// Absolute, or relative to the working directory.
    package var path: String
    package var position: SourcePosition

    package init(path: String, position: SourcePosition) {
        self.path = path
        self.position = position
    }
}

/// A problem in a rule or configuration file: what is wrong, where, and the fix.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var position: SourcePosition
    package var message: String

    init(file: String, position: SourcePosition, message: String) {
        self.file = file
        self.position = position
        self.message = message
    }

    package var description: String {
        "\(PrintableText.escape(file)):\(position.line):\(position.column): \(message)"
    }
}

/// The problems of one file, collected while reading it.
package struct Diagnostics: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file can hold a hundred thousand, and more than this are not useful.
    package static let limit = 200

    package let file: String
    private var found: [Diagnostic] = []
    /// What works, but probably not as intended. Not counted as problems.
    package private(set) var warnings: [Diagnostic] = []

    package init(file: String) {
        self.file = file
    }

    package mutating func warn(_ position: SourcePosition, _ message: @autoclosure () -> String) {
        guard warnings.count < Self.limit else { return }
        warnings.append(Diagnostic(file: file, position: position, message: "warning: \(message())"))
    }

    /// Builds the message only if there is room for it.
    package mutating func report(_ position: SourcePosition, _ message: @autoclosure () -> String) {
        guard !isFull else { return }
        found.append(Diagnostic(file: file, position: position, message: message()))
    }

    var isFull: Bool { found.count >= Self.limit }
    package var isEmpty: Bool { found.isEmpty }
    package var count: Int { found.count }

    /// In file order.
    package var all: [Diagnostic] {
        found.sorted { ($0.position, $0.message) < ($1.position, $1.message) }
    }

    package var description: String {
        all.map(\.description).joined(separator: "\n")
    }
}
