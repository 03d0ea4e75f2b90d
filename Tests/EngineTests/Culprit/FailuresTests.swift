import Testing

@testable import Engine

@Suite struct `The sentence about failures` {
    /// - Parameters:
    ///   - failed: kinds of request, by their verb and resource, and how many failed, in the order in which they came.
    ///   - before: how many of the first kind failed in each of eight stretches of the baseline.
    private func sentence(_ failed: KeyValuePairs<String, Int>, before: Int = 0) -> String? {
        var evidence = Evidence()
        evidence.failures = Failures(stretches: 8)
        for stretch in 0..<8 {
            evidence.failures.hear(stretch: stretch)
            evidence.failures.addRequests(before, series: 0, stretch: stretch)
        }
        for (series, kind) in failed.enumerated() {
            let words = kind.key.split(separator: " ").map(String.init)
            let resource = words.count > 1 ? words[1] : "pods"
            evidence.requests.append(
                RequestLabels(verb: words[0], group: "", resource: resource, subresource: "", scope: "resource"))
            for _ in 0..<kind.value { evidence.failures.addRequest(series: series, message: kind.key) }
        }
        return evidence.ofFailures?.why
    }

    @Test func `leaves out kinds that fail as often in health`() {
        let mixed = sentence(["get": 3, "create": 4, "list": 6], before: 2)
        #expect(mixed?.hasPrefix("10 requests failed, 6 of them list pods (6 of them \"list\"), besides 3 of") == true)
        let worse = sentence(["get": 12, "create": 2], before: 2)
        #expect(worse?.hasPrefix("14 requests failed, 12 of them get pods") == true)
    }

    @Test func `names the verb that most of many kinds have in common`() {
        let kinds: KeyValuePairs = ["create a": 2, "create b": 1, "create c": 1, "create d": 1]
        #expect(
            sentence(kinds)?.hasPrefix(
                "5 requests failed, all of them create requests: 2 of them create a, 1 create b, 1 create c (") == true)
    }

    @Test func `names the kind that is all or half of them`() {
        #expect(sentence(["get": 6])?.hasPrefix("6 requests failed, all of them get pods (") == true)
        #expect(
            sentence(["get": 2, "list": 6])?.hasPrefix("8 requests failed, 6 of them list pods (") == true)
    }

    @Test func `names the three that are most of them if none is half`() {
        #expect(
            sentence(["get": 3, "list": 5, "create": 4, "update": 1])?
                .hasPrefix("13 requests failed, 5 of them list pods, 4 create pods, 3 get pods (") == true)
    }

    @Test func `is the same whichever kind came first`() {
        #expect(sentence(["get": 3, "list": 3]) != nil)
        #expect(sentence(["get": 3, "list": 3]) == sentence(["list": 3, "get": 3]))
    }

    private func clause(_ said: KeyValuePairs<String, Int>, of spans: Int) -> String {
        var messages = FailureMessages()
        for (message, count) in said { messages.add(message, count) }
        return messages.clause(of: spans)
    }

    @Test func `quotes what all of the failed spans say, or most of them`() {
        #expect(clause([:], of: 7).isEmpty)
        #expect(clause(["no space": 7], of: 7) == #" ("no space")"#)
        #expect(clause(["no leader": 2, "no space": 4], of: 7) == #" (4 of them "no space")"#)
        #expect(clause(["port 2": 1, "port 1": 1], of: 7) == #" (one of them "port 1")"#)
    }

    @Test func `quotes text that says too much as safely as names`() {
        #expect(clause(["\u{1B}[31m\"red\"\n\u{202E}": 1], of: 1) == " (\"\u{FFFD}[31m'red' \u{FFFD}\")")
        #expect(clause([String(repeating: "no", count: 200): 1], of: 1).count == 160 + 6)
    }

    @Test func `counts no more different messages than a sentence needs`() {
        var messages = FailureMessages()
        for number in 0..<2000 { messages.add("port \(number)") }
        for _ in 0..<9 { messages.add("port 1999") }
        #expect(messages.clause(of: 2009) == #" (one of them "port 0")"#)
    }

    @Test func `takes the failed calls of a webhook from its span`() {
        var calls = FailedCalls()
        for message in ["refused", "refused", nil] { calls.add(parent: 1, message: message) }
        calls.add(parent: 2, message: "timed out")
        var failures = Failures()
        let webhook = WebhookName(key: "a.example.com\0demo\0")
        calls.move(below: 1, to: .mutatingWebhook, webhook, of: &failures)
        calls.move(below: 3, to: .validatingWebhook, nil, of: &failures)
        calls.moveRest(to: .proxy, of: &failures)
        #expect(failures.callsByComponent == [.mutatingWebhook: 3, .proxy: 1])
        #expect(failures.callsByWebhook == [.mutatingWebhook: [webhook: 3]])
        #expect(webhook.text == "a.example.com (configuration demo)")
        #expect(failures.callMessages[.mutatingWebhook]?.clause(of: 3) == #" (2 of them "refused")"#)
        #expect(failures.callMessages[.proxy]?.clause(of: 1) == #" ("timed out")"#)
    }
}
