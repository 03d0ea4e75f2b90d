import Foundation
import Support
import Synchronization
import TestSupport
import Testing
import Rules

@testable import Notify

struct StdoutSinkTests {
    /// What a sink writes for alerts.
    private static func lines(_ alerts: [Alert], _ format: StdoutFormat) async -> [String] {
        let written = Mutex("")
        let sink = StdoutSink(format: format) { text in written.withLock { $0 += text } }
        #expect(await sink.deliver(alerts) == .delivered)
        return written.withLock { $0 }.split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    @Test func `an alert is one line of text`() async {
        #expect(
            await Self.lines([.firing(), .resolved()], .text) == [
                "2026-11-23T04:16:01.500Z FIRING Slow {service=\"etcd\"} value=0.2125 "
                    + "since 2026-11-23T04:15:46Z: etcd is slow",
                "2026-11-23T04:16:16Z RESOLVED Slow {service=\"etcd\"} value=0.2125 "
                    + "since 2026-11-23T04:15:46Z: etcd is slow",
                "",
            ])
    }

    @Test(
        arguments: [
            (AlertUnit.seconds, 0.2125, "212 ms"), (.ratio, 0.125, "12.5 %"), (.perSecond, 1_250, "1,250/s"),
            (nil, 50, "50"),
        ] as [(AlertUnit?, Double, String)])
    func `a value has its unit`(unit: AlertUnit?, value: Double, text: String) throws {
        var alert = Alert.firing()
        (alert.unit, alert.value) = (unit, value)
        #expect(AlertLine.text(alert).contains(" value=\(text) since "))
        #expect(Alert(AlertJSON(alert))?.unit == unit)
    }

    @Test func `an alert is one line of JSON with all fields of the contract`() async throws {
        let lines = await Self.lines([.firing()], .json)
        #expect(
            lines == [
                #"{"active_at":"2026-11-23T04:15:46Z","alert":"Slow","annotations":{"summary":"etcd is slow"},"#
                    + #""evidence":null,"fired_at":"2026-11-23T04:16:01.500Z","labels":{"service":"etcd"},"reason":null,"#
                    + #""resolved_at":null,"state":"firing","value":0.2125}"#,
                "",
            ])
        let read = try JSONDecoder().decode(AlertJSON.self, from: Data(lines[0].utf8))
        #expect(read == AlertJSON(.firing()))
    }

    @Test(arguments: [StdoutFormat.text, .json])
    func `hostile labels stay on one line and are harmless`(format: StdoutFormat) async throws {
        let hostile = "\u{1B}]0;owned\u{7}\r\nFAKE\u{202E}\u{9B}2J\u{2028}\u{E0041}x"
        let alert = Alert.firing(format == .text ? hostile : "Slow", ["service": hostile])
        let lines = await Self.lines([alert], format)
        #expect(lines.count == 2)
        #expect(!lines[0].unicodeScalars.contains(where: PrintableText.isUnsafe))
        if format == .json {
            let read = try JSONDecoder().decode(AlertJSON.self, from: Data(lines[0].utf8))
            #expect(read.labels["service"] == hostile)
        }
    }

    @Test func `an alert that resolved without data says so`() {
        var alert = Alert.resolved()
        alert.reason = .noData
        #expect(AlertLine.text(alert).hasSuffix("; resolved due to: no data"))
    }

    @Test func `a missing reader is no reason to retry`() async {
        let sink = StdoutSink(format: .text) { _ in throw CancellationError() }
        #expect(await sink.deliver([.firing()]) == .rejected("standard output can't be written to"))
    }
}
