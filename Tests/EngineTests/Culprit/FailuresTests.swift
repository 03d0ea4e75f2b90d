import Testing

@testable import Engine

@Suite struct `The sentence about failures` {
    /// - Parameter failed: kinds of request, by their verb, and how many failed, in the order in which they came.
    private func sentence(_ failed: KeyValuePairs<String, Int>) -> String? {
        var evidence = Evidence()
        evidence.failures = Failures(stretches: 1)
        for (series, kind) in failed.enumerated() {
            evidence.requests.append(
                RequestLabels(verb: kind.key, group: "", resource: "pods", subresource: "", scope: "resource"))
            for _ in 0..<kind.value { evidence.failures.addRequest(series: series, stretch: nil) }
        }
        return evidence.ofFailures?.why
    }

    @Test func `names the kind that is all or half of them`() {
        #expect(sentence(["get": 6])?.hasPrefix("6 requests failed, all of them get pods, and no call") == true)
        #expect(
            sentence(["get": 2, "list": 6])?.hasPrefix("8 requests failed, 6 of them list pods, and no call") == true)
    }

    @Test func `names the three that are most of them if none is half`() {
        #expect(
            sentence(["get": 3, "list": 5, "create": 4, "update": 1])?
                .hasPrefix("13 requests failed, 5 of them list pods, 4 create pods, 3 get pods, and no call") == true)
    }

    @Test func `is the same whichever kind came first`() {
        #expect(sentence(["get": 3, "list": 3]) != nil)
        #expect(sentence(["get": 3, "list": 3]) == sentence(["list": 3, "get": 3]))
    }
}
