/// "Did you mean …?" for names that users mistype.
package enum Suggestion {
    /// The known name nearest to `word`; nil when none is near enough to be a typo.
    package static func nearest(to word: String, among known: [String]) -> String? {
        // A typo changes a letter or two; beyond a third of the word it is a different word.
        let tolerance = max(1, min(2, word.count / 3))
        guard word.count <= 40 else { return nil }
        let distances = known.map { (name: $0, distance: EditDistance.between(word.lowercased(), $0.lowercased())) }
        guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= tolerance else {
            return nil
        }
        return best.name
    }

    /// The end of a message about an unknown name: the nearest known name, or else all of them.
    package static func hint(for word: String, among known: [String]) -> String {
        if let near = nearest(to: word, among: known) { return "did you mean \(PrintableText.quote(near))?" }
        return "expected one of: \(known.joined(separator: ", "))"
    }
}

/// The edit distance between two words.
package enum EditDistance {
    /// Counts the edits (insert, delete, replace, swap neighbours) that turn one word into the other.
    package static func between(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var edits = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    edits = min(edits, rows[i - 1][j - 1] + 1)
                }
                row.append(edits)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
