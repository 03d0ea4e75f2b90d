import Foundation
import TestSupport
import Testing
import Rules

@testable import Notify

struct WebhookSinkTests {
    /// The sink's result for one scripted answer. The time limit is more than any machine needs for an answer; it is
    /// short only if none comes.
    private static func attempt(
        _ answer: ScriptedReceiver.Answer, timeout: Duration = .seconds(60)
    ) async throws -> (DeliveryAttempt, ScriptedReceiver) {
        let receiver = try ScriptedReceiver([answer])
        defer { receiver.stop() }
        let sink = WebhookSink(
            url: receiver.url, timeout: timeout, now: { 1_795_407_346 * second })
        let attempt = await sink.deliver([.firing()])
        return (attempt, receiver)
    }

    @Test func `a receiver gets Alertmanager's payload`() async throws {
        let (attempt, receiver) = try await Self.attempt(.status(200, body: "thanks"))
        #expect(attempt == .delivered)
        let request = try #require(receiver.requests.first)
        #expect(request.head.hasPrefix("POST /hook HTTP/1.1\r\n"))
        #expect(request.head.lowercased().contains("content-type: application/json"))
        let expected = """
            {"alerts":[{"annotations":{"summary":"etcd is slow"},"endsAt":"0001-01-01T00:00:00Z",\
            "fingerprint":"\(Alert.firing().fingerprint)","generatorURL":"",\
            "labels":{"alertname":"Slow","service":"etcd"},"startsAt":"2026-11-23T04:16:01.500Z","status":"firing"}],\
            "commonAnnotations":{"summary":"etcd is slow"},"commonLabels":{"alertname":"Slow","service":"etcd"},\
            "externalURL":"","groupKey":"{}:{alertname=\\"Slow\\"}","groupLabels":{"alertname":"Slow"},\
            "receiver":"webhook","status":"firing","truncatedAlerts":0,"version":"4"}
            """
        #expect(request.body == expected)
    }

    @Test func `a group is firing while one of its alerts is, and has what they have in common`() throws {
        let other = Alert.resolved("Slow", ["service": "etcd", "operation": "x"])
        let payload = WebhookPayload([other, .firing()], receiver: "webhook")
        #expect(payload.status == "firing")
        #expect(payload.alerts.map(\.status) == ["resolved", "firing"])
        #expect(payload.alerts.map(\.endsAt) == ["2026-11-23T04:16:16Z", "0001-01-01T00:00:00Z"])
        #expect(payload.commonLabels == ["alertname": "Slow", "service": "etcd"])
        #expect(WebhookPayload([other], receiver: "webhook").status == "resolved")
    }

    @Test(arguments: [
        (204, DeliveryAttempt.delivered), (400, .rejected("the receiver answered 400")),
        (404, .rejected("the receiver answered 404")),
        (408, .unavailable("the receiver answered 408", after: nil)),
        (500, .unavailable("the receiver answered 500", after: nil)),
        (503, .unavailable("the receiver answered 503", after: nil)),
    ])
    func `the status decides whether to retry`(status: Int, expected: DeliveryAttempt) async throws {
        #expect(try await Self.attempt(.status(status)).0 == expected)
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("Mon, 23 Nov 2026 04:15:56 GMT", .seconds(10)),
        ("Mon, 23 Nov 2020 04:15:56 GMT", .zero), ("soon", nil), ("-1", nil), ("99999999999", nil),
    ])
    func `a receiver can ask for a pause`(text: String, expected: Duration?) async throws {
        let (attempt, _) = try await Self.attempt(.status(429, headers: "Retry-After: \(text)\r\n"))
        #expect(attempt == .unavailable("the receiver answered 429", after: expected))
    }

    @Test func `a redirect is not followed`() async throws {
        let (attempt, receiver) = try await Self.attempt(
            .status(307, headers: "Location: http://127.0.0.1:1/\r\n"))
        #expect(attempt == .rejected("the receiver answered 307, a redirect, which is not followed"))
        #expect(receiver.requests.count == 1)
    }

    @Test(arguments: [
        "169.254.169.254", "[fe80::1]", "[::ffff:169.254.1.1]", "2852039166", "0xA9FEA9FE", "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
    ])
    func `nothing is sent to link-local addresses and metadata services`(host: String) async {
        let sink = WebhookSink(url: "http://user:hunter2@\(host):8080/hook")
        guard case .rejected(let reason) = await sink.deliver([.firing()]) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.hasSuffix(", which is not allowed") && !reason.contains(host))
    }

    @Test func `a call has a unique key that stays the same when it is repeated`() async throws {
        let receiver = try ScriptedReceiver([.status(503)])
        let sink = WebhookSink(url: receiver.url)
        var later = Alert.firing()
        later.firedAt = later.firedAt.map { $0 + second }
        for alerts in [[Alert.firing()], [.firing()], [.resolved()], [later], [.firing(), .firing("Other")]] {
            _ = await sink.deliver(alerts)
        }
        receiver.stop()
        let keys = receiver.requests.compactMap { $0.head.firstMatch(of: /Idempotency-Key: ([0-9a-f]{16})\r\n/)?.1 }
        #expect(keys.count == 5 && keys[0] == keys[1])
        #expect(Set(keys).count == 4)
    }

    @Test func `a receiver that hangs is given up`() async throws {
        let (attempt, _) = try await Self.attempt(.hang, timeout: .milliseconds(100))
        guard case .unavailable = attempt else {
            Issue.record("\(attempt)")
            return
        }
    }

    @Test func `only the start of an endless response is read`() async throws {
        let (attempt, receiver) = try await Self.attempt(.flood)
        #expect(attempt == .delivered)
        // 64 KiB are read; the rest is in both ends' socket buffers.
        #expect(receiver.flooded < 16 << 20)
    }

    @Test func `an unreachable receiver may come back, and its address is not revealed`() async throws {
        let receiver = try ScriptedReceiver([], isThere: false)
        defer { receiver.stop() }
        let sink = WebhookSink(url: "http://user:hunter2@127.0.0.1:\(receiver.port)/hook?token=hunter2")
        let attempt = await sink.deliver([.firing()])
        guard case .unavailable(let reason, nil) = attempt else {
            Issue.record("\(attempt)")
            return
        }
        #expect(!reason.contains("hunter2") && !reason.contains("127.0.0.1"))
    }

    @Test func `credentials and headers are sent, in the right place`() async throws {
        let receiver = try ScriptedReceiver([])
        let headers = try WebhookHeaders("# token\n\nX-Token:  secret words \nUser-Agent: mine\r\n")
        let sink = WebhookSink(
            url: "http://user:pass@127.0.0.1:\(receiver.port)/hook?a=b", headers: headers)
        #expect(await sink.deliver([.firing()]) == .delivered)
        receiver.stop()
        let head = try #require(receiver.requests.first?.head)
        #expect(head.hasPrefix("POST /hook?a=b HTTP/1.1\r\n"))
        #expect(head.contains("Authorization: Basic dXNlcjpwYXNz"))
        #expect(head.contains("X-Token: secret words\r\n") && head.contains("User-Agent: mine"))
    }

    @Test func `a header file may have Windows line ends`() throws {
        let headers = try WebhookHeaders("# token\r\nX-Token: secret\r\n\r\nX-Two: zwei")
        #expect(headers.all.map(\.name) == ["X-Token", "X-Two"])
        #expect(headers.all.map(\.value) == ["secret", "zwei"])
    }

    @Test(arguments: ["no colon", "a b: c", ": c", "X: a\u{1}b"])
    func `a fault in a header file is reported without its text`(text: String) {
        let fault = #expect(throws: WebhookHeaders.FormatError.self) { try WebhookHeaders("A: b\n\(text)") }
        #expect(fault?.description == "line 2 is not of the form Name: value")
    }

    @Test(arguments: ["Content-Length: 5", "transfer-encoding: chunked", "Connection: close"])
    func `a header that frames the request is refused`(text: String) {
        let fault = #expect(throws: WebhookHeaders.FormatError.self) { try WebhookHeaders("A: b\n\(text)") }
        let name = text.prefix { $0 != ":" }
        #expect(fault?.description == "line 2 has \(name), which each request sets itself; leave it out")
    }

    @Test func `headers don't show their values`() throws {
        #expect("\(try WebhookHeaders("X-Token: secret"))" == "X-Token")
    }
}
