import Doctor
import Support

/// The sources of spans, as a table that leaves nothing out: if a line has no room for the longest name, each name has
/// a line of its own above its figures.
struct SourceText {
    private let names: [String]
    private let rows: [[String]]

    private static let headings = ["spans", "heard for", "silent for", "late by", "sampled", "clock", "dialect"]

    /// - Parameter now: Unix nanoseconds; for recorded spans their end.
    init(_ sources: [HeardSources.Source], now: Int64) {
        names = sources.map { source in
            PrintableText.escape(
                [source.cluster, source.service, source.instance, source.version ?? ""].filter { !$0.isEmpty }
                    .joined(separator: " "))
        }
        rows = sources.map { source in
            [
                countText(source.spans), Self.age(source.first, now), Self.age(source.last, now), Self.late(source),
                Self.sampled(source), Self.clock(source), source.dialect ?? "unknown",
            ]
        }
    }

    /// Ends with a line break.
    func text(_ style: TextStyle, width: Int) -> String {
        let widths = Self.headings.indices.map { column in
            ([Self.headings[column]] + rows.map { $0[column] }).map(\.columns).max() ?? 0
        }
        func figures(_ cells: [String]) -> String {
            zip(cells, widths).map { $0.right($1) }.joined(separator: "  ")
        }
        let heading = figures(Self.headings)
        let isBeside = heading.columns + 2 + (names.map(\.columns).max() ?? 0) <= width
        let lines = zip(names, rows).flatMap { name, cells in
            isBeside ? ["\(figures(cells))  \(name)"] : name.wrapped(width) + [figures(cells).cut(width)]
        }
        let first = style.heading(isBeside ? "\(heading)  source" : heading.cut(width))
        return ([first] + lines).joined(separator: "\n") + "\n"
    }

    private static func age(_ time: String, _ now: Int64) -> String {
        guard let time = Timestamp.parse(rfc3339: time) else { return "unknown" }
        return coarse(max(now - time, 0))
    }

    /// In its two largest units: `3s`, `4h12m`, `12d4h`.
    private static func coarse(_ nanoseconds: Int64) -> String {
        let (second, hour): (Int64, Int64) = (1_000_000_000, 3_600_000_000_000)
        let unit = nanoseconds < hour ? second : nanoseconds < 24 * hour ? 60 * second : hour
        return DurationText.format(nanoseconds / unit * unit)
    }

    private static func late(_ source: HeardSources.Source) -> String {
        source.lateness_seconds.map { coarse(Int64(min($0, 1e9) * 1e9)) } ?? "-"
    }

    private static func sampled(_ source: HeardSources.Source) -> String {
        guard let ratio = source.sampling_ratio else { return "unknown" }
        return percentText(ratio) + (source.sampling_source.map { " \($0)" } ?? "")
    }

    private static func clock(_ source: HeardSources.Source) -> String {
        guard let offset = source.clock_offset_seconds else { return "unknown" }
        return offset == 0 ? "0" : "\(offset < 0 ? "-" : "+")\(durationText(seconds: abs(offset)))"
    }
}
