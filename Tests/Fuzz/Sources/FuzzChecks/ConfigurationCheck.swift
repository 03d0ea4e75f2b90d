import Daemon
import Engine
import OTLP
import Pipeline
import Receivers
import Recording
import Rules
import Support
import TestSupport
import YAML

/// An arbitrary configuration is either refused, with problems that have positions inside it and are safe to print,
/// or makes a pipeline that works at any time.
package enum ConfigurationCheck {
    package static func check(_ contents: RawSpan) throws(Finding) {
        let bytes = contents.array
        _ = Configuration.isConfiguration(bytes)
        let configuration: Configuration
        do throws(Diagnostics) {
            configuration = try Configuration(bytes, file: "faultline.yaml")
        } catch {
            return try ProblemsCheck.check(error, of: bytes)
        }
        try require(configuration.window.reach >= 0, "a negative reach: \(configuration.window)")
        try require(configuration.recording.rotateAfter >= 0, "a negative age of files")
        try require(
            configuration.recording.retainBytes > 0 && configuration.recording.rotateBytes > 0, "no room at all")
        try require(configuration.receivers.bodyBytes > 0 && configuration.receivers.connections > 0, "no room at all")
        try run(configuration)
    }

    private static let rules = """
        groups:
          - name: g
            rules:
              - {alert: A, select: {service: apiserver}, when: p99 > 1us and count >= 1, over: 1m}
        """

    /// Times at both limits, forwards and back.
    private static func run(_ configuration: Configuration) throws(Finding) {
        let rules = try? RuleFile(
            Array(rules.utf8), file: "rules.yaml",
            maximumWindow: max(configuration.window.reach, 60_000_000_000),
            components: configuration.attribution.components.names)
        guard let rules else { throw Finding("rules that are as they should be are refused") }
        let pipeline = Pipeline(
            rules: RuleEvaluator(rules.groups), limits: configuration.window,
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution)
        let now: Int64 = 1_795_407_346_345_284_061
        var received = 0
        for time in [1, now, now + 15_000_000_000, TimeLimits.latest - 60_000_000_000, TimeLimits.latest] {
            var builder = BatchBuilder(firstID: UInt64(received + 1))
            for _ in 0..<3 { builder.add(end: time, duration: min(time, 1_000_000)) }
            received += builder.batch.count
            _ = pipeline.append(builder.batch, arrival: time)
            _ = pipeline.advance(to: time)
            pipeline.note(clock: time)
        }
        for time in [now, 0, TimeLimits.latest] { pipeline.jump(to: time) }
        let counts = pipeline.summary().counts
        try require(counts.received == received, "\(counts.received) spans of \(received)")
        try require(
            counts.received == counts.accepted + counts.duplicates + counts.rejections.total,
            "spans got lost: \(counts)")
        _ = pipeline.windowGauges()
    }
}
