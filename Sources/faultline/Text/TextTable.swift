/// Rows under headings, numbers to the right; the last column is as wide as it needs to be.
struct TextTable {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    func render(_ style: TextStyle) -> String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        var text = style.heading(line(headings, widths)) + "\n"
        for row in rows { text += line(row, widths) + "\n" }
        return text
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        cells.indices.map { column in
            let last = column == cells.count - 1
            let padding = last ? "" : String(repeating: " ", count: widths[column] - cells[column].count)
            return padding + cells[column]
        }.joined(separator: "  ")
    }
}
