import Scrape

/// The version shown by `faultline version` and `faultline_build_info`.
package enum Version {
    package static let current = "0.1.0"
}

extension Version {
    static let metrics = MetricTable<Void>([
        .family(
            "faultline_build_info", .gauge, labels: ["version"], help: "Always 1; the version is a label."
        ) { $1.sample(1, [current]) }
    ])
}
