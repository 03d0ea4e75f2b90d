import TestSupport
import Testing

@testable import Rules

struct ConditionParserTests {
    @Test(arguments: [
        ("p99>150ms and count>=50", "p99 > 150ms and count >= 50"),
        ("(p99 > 1s)", "p99 > 1s"),
        ("p99 > 3 * p99 offset 1h30m", "p99 > 3 * p99 offset 1h30m"),
        ("p99 offset 90m > 1s", "p99 offset 1h30m > 1s"),
        ("not (errors > 5 or rate < 50/s)", "not (errors > 5 or rate < 50/s)"),
        ("not errors > 5", "not errors > 5"),
        ("a_b", nil),
        ("(p50 - p10) - p1 < 1s", "p50 - p10 - p1 < 1s"),
        ("p50 - (p10 - p1) < 1s", "p50 - (p10 - p1) < 1s"),
        ("-p50 * -2 < 1s", "-p50 * -2 < 1s"),
        ("max > 1s or mean > 2s and p99.9 > 1m", "max > 1s or mean > 2s and p99.9 > 1m"),
        ("(max > 1s or mean > 2s) and p99.9 > 1m", "(max > 1s or mean > 2s) and p99.9 > 1m"),
    ])
    func `a condition is written back with no more parentheses than it needs`(text: String, expected: String?) {
        #expect((try? ConditionParser.parse(text))?.description == expected)
    }

    @Test(arguments: 0..<500)
    func `the text of any expression parses to the same expression`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let expression = RandomExpression.make(depth: 6, &generator)
        #expect(try ConditionParser.parse(expression.description) == expression)
    }

    @Test(arguments: [
        ("", 0, "the condition is empty"),
        ("   ", 0, "the condition is empty"),
        ("p99 >", 5, "expected a value or a literal, but the condition ends"),
        ("p99 > 150ms)", 11, "expected an operator, but found \")\""),
        ("(p99 > 150ms", 12, "expected \")\", but the condition ends"),
        ("p99 > 150 ms", 10, "expected an operator, but found \"ms\""),
        ("p99 > 150mz", 6, "\"150mz\" is not a duration"),
        ("p99 > 1m1h", 6, "\"1m1h\" is not a duration"),
        ("p99 > 5s > 1s", 9, "comparisons don't chain"),
        ("p99 = 5s", 4, "\"=\" is written \"==\""),
        ("p99 > 5s && count > 3", 9, "\"&&\" is written \"and\""),
        ("p99 > 5s || count > 3", 9, "\"||\" is written \"or\""),
        ("!(p99 > 5s)", 0, "\"!\" is written \"not\""),
        ("p101 > 5s", 0, "unknown value \"p101\""),
        ("p0 > 5s", 0, "unknown value \"p0\""),
        ("cuont > 5", 0, "unknown value \"cuont\"; did you mean \"count\"?"),
        ("banana > 5", 0, "unknown value \"banana\"; the values are pN"),
        ("p99 > 5s and share(etdc) > 60%", 19, "unknown component \"etdc\""),
        ("burn_rate(99%, 1s 1h) > 14", 18, "expected \",\" and a window, but found \"1h\""),
        ("burn_rate(99.99%, 1s, 1h) offset > 14", 33, "expected a duration after offset"),
        ("time() > 1s", 5, "unknown component \"\""),
        ("count() > 5", 5, "\"count\" takes no argument"),
        ("5s offset 1h > 1s", 3, "offset follows a value"),
        ("(p99) offset 1h > 1s", 6, "offset follows a single value"),
        ("p99 offset 5 > 1s", 11, "expected a duration after offset"),
        ("p99 > 1. ", 6, "\"1.\" is not a number"),
        ("p99 > .5", 6, "a number starts with a digit"),
        ("error_ratio > %5", 14, "\"%\" goes right after a number"),
        ("p99 > 5s \u{1B}[2J", 9, "unexpected \"\\u{1B}\""),
    ])
    func `a fault is reported at its position`(text: String, position: Int, message: String) {
        let error = #expect(throws: ConditionError.self) { try ConditionParser.parse(text) }
        #expect(error?.position == position)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test func `hostile nesting and length are refused, not recursed into`() {
        let hostile = [
            String(repeating: "(", count: 4000), String(repeating: "-", count: 4000),
            String(repeating: "not ", count: 1000), "p1" + String(repeating: "+p1", count: 1300),
            String(repeating: "p1 > 1s and ", count: 300) + "p1 > 1s", String(repeating: "p", count: 10_000),
        ]
        for text in hostile {
            #expect(throws: ConditionError.self) { try ConditionParser.parse(text) }
        }
    }

    @Test func `sixty-four levels and a hundred and twenty-eight operators are enough`() throws {
        _ = try ConditionParser.parse(
            String(repeating: "(", count: 63) + "p99 > 1s" + String(repeating: ")", count: 63))
        _ = try ConditionParser.parse("p1" + String(repeating: "+p1", count: 128))
    }

    @Test func `percentiles are read as decimals`() throws {
        #expect(try #require(Quantile(percent: "99.9")).fraction == 0.999)
        #expect(try #require(Quantile(percent: "100")).fraction == 1)
        #expect(try #require(Quantile(percent: "7")).fraction == 0.07)
        #expect(Quantile(percent: "") == nil)
        #expect(Quantile(percent: "99.") == nil)
        #expect(Quantile(percent: "0.0") == nil)
        #expect(Quantile(percent: "1.1.1") == nil)
        #expect(Quantile(percent: "٣") == nil)
    }
}
