import TestSupport
import Testing

@testable import Rules

/// Timelines: one character for each evaluation, ten seconds apart. `T` the condition holds, `F` it doesn't,
/// `.` no data. Below them the state that each evaluation changed to: `p`ending, `f`iring, `r`esolved,
/// `i`nactive, `.` no change.
struct ActiveAlertTests {
    @Test(arguments: [
        (0, 0, "FTTF", ".f.r"),
        (0, 0, "FT..F", ".f..r"),
        (0, 0, "TFTF", "frfr"),
        (20, 0, "TTTTF", "p.f.r"),
        (20, 0, "TTFTTT", "p.ip.f"),
        (20, 0, "T.T", "p.f"),
        (20, 0, "T..F", "p..i"),
        (20, 0, "T....", "p...."),
        (15, 0, "TTT", "p.f"),
        (0, 20, "TFFF", "f..r"),
        (0, 20, "TFFTFFF", "f.....r"),
        (0, 20, "TF..F", "f...r"),
        (0, 20, "TF.T", "f..."),
        (0, 20, "T....F", "f....."),
        (10, 20, "TTFFF", "pf..r"),
        (10, 20, "TFT", "pip"),
        (0, 0, "....", "...."),
        (0, 0, "FFFF", "...."),
    ])
    func `an alert goes through its states`(
        holdFor: Int64, keepFiringFor: Int64, timeline: String, expected: String
    ) {
        var life = ActiveAlert()
        var changes = ""
        for (step, mark) in timeline.enumerated() {
            let change = life.observe(
                mark == "." ? nil : mark == "T", value: nil, at: Int64(step) * 10 * second,
                holdFor: holdFor * second, keepFiringFor: keepFiringFor * second)
            changes += change?.rawValue.prefix(1) ?? "."
            // The evaluator drops an alert that is over.
            if change == .resolved || change == .inactive { life = ActiveAlert() }
        }
        #expect(changes == expected)
    }

    @Test func `an alert knows when it became active, fired and was resolved, and its last value`() {
        var life = ActiveAlert()
        let values: [(Bool?, Double?)] = [(true, 1), (true, 2), (nil, nil), (true, 3), (false, nil)]
        for (step, (holds, value)) in values.enumerated() {
            _ = life.observe(holds, value: value, at: Int64(step) * second, holdFor: second, keepFiringFor: 0)
        }
        #expect(life.state == .resolved)
        #expect(life.activeAt == 0)
        #expect(life.firedAt == second)
        #expect(life.resolvedAt == 4 * second)
        #expect(life.value == 3)
    }

    @Test func `extreme times don't trap`() {
        var life = ActiveAlert()
        _ = life.observe(true, value: nil, at: .min, holdFor: second, keepFiringFor: second)
        #expect(life.observe(true, value: nil, at: .max, holdFor: .max, keepFiringFor: 0) == .firing)
    }
}
