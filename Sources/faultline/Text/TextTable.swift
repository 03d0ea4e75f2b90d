import Support

/// A table with headings that fits a width: the columns that matter least are left out, then the last one is shortened. Cells
/// are right-aligned, except in the last column.
struct TextTable {
    struct Column {
        let heading: String
        /// The column with the highest rank is left out first, one of rank 0 never, and one below 0 only on a terminal too
        /// narrow for most.
        let rank: Int

        init(_ heading: String, rank: Int = 0) {
            self.heading = heading
            self.rank = rank
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    /// What the last column needs at least, unless its cells are shorter.
    private static let lastMin = 30
    /// The same on a narrow terminal.
    private static let lastMinNarrow = 14

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    func render(_ style: TextStyle) -> String {
        let widths = columns.indices.map { column in
            ([columns[column].heading] + rows.map { $0[column] }).map(\.columns).max() ?? 0
        }
        let (shown, last) = fit(widths, into: style.width)
        func line(_ cells: [String]) -> String {
            shown.map { $0 == columns.count - 1 ? cells[$0].shortened(last) : cells[$0].right(widths[$0]) }
                .joined(separator: "  ").cut(style.width)
        }
        var text = style.heading(line(columns.map(\.heading))) + "\n"
        for row in rows { text += line(row) + "\n" }
        return text
    }

    /// The columns to show, and the width of the last one.
    private func fit(_ widths: [Int], into width: Int) -> (columns: [Int], last: Int) {
        var shown = Array(columns.indices)
        func rest() -> Int { width - shown.dropLast().reduce(0) { $0 + widths[$1] + 2 } }
        func leaveOut(_ isOptional: (Column) -> Bool, least: Int) {
            let optional = columns.indices.dropLast().filter { isOptional(columns[$0]) }
            for column in optional.sorted(by: { columns[$0].rank > columns[$1].rank })
            where rest() < min(widths.last ?? 0, least) {
                shown.removeAll { $0 == column }
            }
        }
        leaveOut({ $0.rank > 0 }, least: Self.lastMin)
        leaveOut({ $0.rank < 0 }, least: Self.lastMinNarrow)
        return (shown, max(rest(), 1))
    }
}
