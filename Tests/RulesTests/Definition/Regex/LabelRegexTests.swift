import Foundation
import TestSupport
import Testing

@testable import Rules

struct LabelRegexTests {
    @Test(arguments: [
        ("etcdserverpb.KV/.*", "etcdserverpb.KV/Range", true),
        ("etcdserverpb.KV/.*", "xetcdserverpb.KV/Range", false),
        ("etcdserverpb.KV", "etcdserverpb.KV/Range", false), ("get|list", "list", true),
        ("get|list", "lis", false),
        ("get|list", "getlist", false), ("(get|list)+", "getlist", true), ("", "", true), ("", "a", false),
        ("a{2,3}", "a", false), ("a{2,3}", "aaa", true), ("a{2,3}", "aaaa", false), ("a{2,}", "aaaaa", true),
        ("a{2}", "aa", true), ("a{0}", "", true), ("[a-c]+", "abc", true), ("[^a-c]+", "abd", false),
        ("[]x-]+", "]x-", true), ("[\\d.]+", "1.5", true), ("\\w+\\s\\S+", "ab c/d", true),
        ("\\W", "a", false),
        ("a\\.b", "a.b", true), ("a\\.b", "axb", false), ("^a$", "a", true), ("a^b", "ab", false),
        ("(^|x)a", "xa", true),
        ("(?:ab)*?c", "ababc", true), (".", "漢", true), (".", "\n", true), ("é", "é", true),
        ("a||b", "", true),
        ("(a*)*", "aaa", true), ("(a|b|)+c", "abbac", true), ("x?", "x", true), ("x?y?", "", true),
    ])
    func `a pattern matches whole values`(pattern: String, value: String, expected: Bool) throws {
        #expect(try LabelRegex(pattern).matches(value) == expected)
    }

    @Test(arguments: [
        ("a(b", 1), ("a)b", 1), ("[ab", 0), ("*a", 0), ("a**", 2), ("a{2}{3}", 4), ("a{3,2}", 1),
        ("a{1001}", 1),
        ("a{,3}", 1), ("a{x}", 1), ("\\", 0), ("\\1", 0), ("\\b", 0), ("(?=a)", 0), ("(?i)a", 0),
        ("[b-a]", 2),
        ("[\\D]", 1), ("^*", 0), ("((((a{100}){100}){100}){100})", 0),
        ("((((((){999}){999}){999}){999}){999})", 0),
        (String(repeating: "(", count: 40), 32), (String(repeating: "a", count: 1025), 0),
    ])
    func `an invalid or oversized pattern is reported at its position`(pattern: String, position: Int) {
        let error = #expect(throws: RegexError.self) { try LabelRegex(pattern) }
        #expect(error?.position == position, "\(error?.message ?? "")")
    }

    @Test func `patterns that make backtracking engines hang match in a moment`() throws {
        let value = String(repeating: "a", count: 1000)
        for pattern in ["(a+)+b", "(a|a)*b", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)b", "(a?){100}(a){100}b"] {
            #expect(try !LabelRegex(pattern).matches(value))
        }
    }

    @Test(arguments: 0..<300)
    func `patterns match what Foundation's engine matches`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pattern = Self.randomPattern(depth: 3, &generator)
        let reference = try NSRegularExpression(
            pattern: "^(?:\(pattern))$", options: .dotMatchesLineSeparators)
        let subject = try LabelRegex(pattern)
        for _ in 0..<20 {
            let value = String((0..<generator.number(0...6)).map { _ in generator.pick(["a", "b", "c"]) })
            let range = NSRange(location: 0, length: value.utf16.count)
            let expected = reference.firstMatch(in: value, range: range)?.range == range
            #expect(subject.matches(value) == expected, "\(pattern) on \(value)")
        }
    }

    private static func randomPattern(depth: Int, _ generator: inout SeededGenerator) -> String {
        guard depth > 0 else { return generator.pick(["a", "b", "c", ".", "[ab]", "[^a]", "\\w"]) }
        let first = randomPattern(depth: depth - 1, &generator)
        switch generator.number(0...3) {
        case 0: return "(\(first)|\(randomPattern(depth: depth - 1, &generator)))"
        case 1: return "(?:\(first))" + generator.pick(["*", "+", "?", "{1,2}", "{2}", "{0,1}"])
        default: return first + randomPattern(depth: depth - 1, &generator)
        }
    }
}
