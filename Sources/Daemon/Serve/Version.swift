import CBuild
import Scrape

/// What `faultline version` and `faultline_build_info` say about the program.
package enum Version {
    package static let current = "0.2.0-dev"

    /// The commit that the program was built from, or "unknown": Scripts/commit.sh.
    static let commit: String = {
        let commit = unsafe String(cString: faultline_commit())
        return commit.isEmpty ? "unknown" : commit
    }()

    /// How it was built: `release, x86_64`.
    static var build: String { "\(configuration), \(architecture)" }

    #if DEBUG
        private static let configuration = "debug"
    #else
        private static let configuration = "release"
    #endif

    #if arch(x86_64)
        private static let architecture = "x86_64"
    #elseif arch(arm64)
        private static let architecture = "aarch64"
    #else
        private static let architecture = "another architecture"
    #endif

    /// Lines for people.
    package static var text: String {
        """
        faultline \(current)
        commit: \(commit)
        build: \(build)
        """
    }
}

extension Version {
    static let metrics = MetricTable<Void>([
        .family(
            "faultline_build_info", .gauge, labels: ["version", "revision"],
            help: "Always 1; the labels are the version and the commit that it was built from."
        ) { $1.sample(1, [current, commit]) }
    ])
}
