package import Receivers

extension ListenAddress {
    /// What an address has to look like.
    package static let form =
        "an address is HOST:PORT, such as 127.0.0.1:4317, [::1]:4317 or :4317, with a port from 0 (any free one) to 65535"

    /// Reads `host:port`, `[v6]:port` or `:port`, which is every address of the machine.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.first != "+", let port = UInt16(digits) else { return nil }
        var host = String(text[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = String(host.dropFirst().dropLast()) }
        guard host.contains(":") == isBracketed, host.isEmpty || ListenHost.isHost(host) else { return nil }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }
}

/// Sizes as configuration files write them: `64MiB`, `1GiB`, `500kB`, `1048576`.
enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000),
        ("GB", 1_000_000_000), ("B", 1),
    ]

    /// More than any machine has: sums of sizes can't overflow.
    private static let most = 1 << 50

    /// Bytes; nil for anything else, for zero, and for more than 1 PiB.
    static func parse(_ text: String) -> Int? {
        let unit = units.first { text.hasSuffix($0.name) }
        let digits = text.dropLast(unit?.name.count ?? 0)
        guard let count = Int(digits.filter { $0 != " " }), count > 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        return overflow || bytes > most ? nil : bytes
    }

    /// As a person would say it: `819.2 MiB`, `2 GiB`.
    static func text(_ bytes: Int) -> String {
        for (name, unit) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= unit {
            let tenths = (Double(bytes) / Double(unit) * 10).rounded()
            let whole = Int(tenths) / 10
            return Int(tenths) % 10 == 0 ? "\(whole) \(name)" : "\(whole).\(Int(tenths) % 10) \(name)"
        }
        return "\(bytes) B"
    }
}
