import ArgumentParser
import Daemon
import Scrape

/// For `make docs`; users read what it prints in docs/metrics.md.
struct PrintMetrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics-reference",
        abstract: "Print the reference of the scrape's metrics.",
        shouldDisplay: false)

    func run() {
        Console.print(MetricsReference(LiveScrape.families).text)
    }
}
