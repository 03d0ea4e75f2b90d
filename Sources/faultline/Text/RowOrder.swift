import ArgumentParser
import Report

/// Which rows of a table come first, and how many are shown.
struct RowOrder {
    enum Key: String, CaseIterable, ExpressibleByArgument {
        case count, errors, p50, p90, p99, max
    }

    var key = Key.count
    var top = 20

    /// The column of a key: the one that rows are sorted by is never left out.
    func column(_ key: Key, rank: Int) -> TextTable.Column { .init(key.rawValue, rank: key == self.key ? 0 : rank) }

    /// The first rows, largest first; equal rows keep their order.
    func first<Row: LatencyRow>(of rows: [Row]) -> [Row] {
        Array(rows.sorted(stablyBy: value).prefix(top))
    }

    private func value(_ row: some LatencyRow) -> Double {
        switch key {
        case .count: Double(row.count)
        case .errors: Double(row.errors)
        case .p50: row.p50_seconds
        case .p90: row.p90_seconds
        case .p99: row.p99_seconds
        case .max: row.max_seconds
        }
    }
}

/// What the rows of operations and of requests have in common.
protocol LatencyRow {
    var count: Int { get }
    var errors: Int { get }
    var p50_seconds: Double { get }
    var p90_seconds: Double { get }
    var p99_seconds: Double { get }
    var max_seconds: Double { get }
}

extension OperationRow: LatencyRow {}
extension RequestRow: LatencyRow {}

extension Array {
    fileprivate func sorted(stablyBy value: (Element) -> Double) -> [Element] {
        enumerated().sorted { (value($1.element), $0.offset) < (value($0.element), $1.offset) }.map(\.element)
    }
}
