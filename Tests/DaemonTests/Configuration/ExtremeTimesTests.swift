import YAML
import Engine
import Pipeline
import Rules
import Support
import TestSupport
import Testing

@testable import Daemon

@Suite struct `Extreme times` {
    @Test(arguments: [
        "15249w", "3650d", "3650d1ns", "292y", "106751d", "9223372036854775807ns", "-1s", "0", "1ns",
        "99999999999999999999w",
    ])
    func `in a configuration are refused with a message, or make a working pipeline`(text: String) throws {
        let yaml = """
            window: {duration: \(text), history: \(text)}
            evaluation_delay: \(text)
            attribution: {settle: \(text)}
            archive: {directory: /tmp, rotate_after: \(text), retain_age: \(text)}
            """
        let configuration: Configuration
        do {
            configuration = try Configuration(Array(yaml.utf8), file: "faultline.yaml")
        } catch {
            #expect(error.description.contains("at most 3650d"), "\(error)")
            return
        }
        let pipeline = Pipeline(
            rules: RuleEvaluator([]), limits: configuration.window, evaluationDelay: configuration.evaluationDelay,
            attribution: configuration.attribution)
        for time in ExtremeTimes.all.compactMap({ TimeLimits.time($0) }).sorted() {
            var builder = BatchBuilder(firstID: UInt64(time) | 1)
            if time > 1_000_000 { builder.add(end: time) }
            _ = pipeline.append(builder.batch, arrival: time)
            _ = pipeline.advance(to: time)
            pipeline.note(clock: time)
        }
        for time in [0, 1, TimeLimits.latest, 1] { pipeline.jump(to: time) }
    }
}
