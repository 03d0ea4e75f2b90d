/// Sizes in configuration files: `64MiB`, `1GiB`, `500kB`, `1048576`.
package enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000),
        ("GB", 1_000_000_000), ("B", 1),
    ]

    /// More than any machine has, so that sums of sizes can't overflow.
    private static let most = 1 << 50

    /// Bytes; nil for invalid text, for zero, and above 1 PiB.
    package static func parse(_ text: String) -> Int? {
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.count ?? 0)
        guard let count = Int(digits.filter { $0 != " " }), count > 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        return overflow || bytes > most ? nil : bytes
    }

    /// A size for people: `819.2 MiB`, `2 GiB`.
    package static func text(_ bytes: Int) -> String {
        for (name, unit) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= unit {
            let tenths = (Double(bytes) / Double(unit) * 10).rounded()
            let whole = Int(tenths) / 10
            return Int(tenths) % 10 == 0 ? "\(whole) \(name)" : "\(whole).\(Int(tenths) % 10) \(name)"
        }
        return "\(bytes) B"
    }
}
