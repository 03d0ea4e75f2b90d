import Engine
import Foundation
import OTLP
import Pipeline
import Replay
import Rules
import TestSupport
import Testing

/// The API server writes verb, resource and scope on the handler span below a request's SERVER span; Faultline reads
/// them from the request's path. Both must say the same.
@Suite struct `Requests of recorded spans` {
    @Test func `are named as the API server's own handler spans name them`() throws {
        for archive in Captures.archives {
            let spans = try Captures.records(archive).flatMap { ReferenceDecoder.decode($0) ?? [] }
            let byID = Dictionary(spans.map { ($0.spanID, $0) }, uniquingKeysWith: { first, _ in first })
            var expected: [RequestLabels: Int] = [:]
            var handled: Set<[UInt8]> = []
            for span in spans {
                guard let labels = handlerLabels(span), let server = server(above: span, byID),
                    handled.insert(server.spanID).inserted
                else { continue }
                expected[labels, default: 0] += 1
            }
            #expect(!expected.isEmpty)

            let replay = try Replay([archive.path], endingIn: .min..<(.max)) {
                Pipeline(rules: RuleEvaluator([]), limits: WindowLimits(duration: nil))
            }
            while replay.step() {}
            let pipeline = replay.pipeline
            let rows = pipeline.view().requestSummaries()
            for (labels, count) in expected where labels.verb != "watch" {
                // Requests without a handler span (forbidden, say) have the same labels: at least as many.
                let found = rows.first { $0.labels == labels }?.count ?? 0
                #expect(found >= count, "\(labels): \(found) requests, \(count) handler spans")
            }
            #expect(!rows.contains { $0.labels.verb == "watch" })
        }
    }

    private func server(above span: ReferenceSpan, _ byID: [[UInt8]: ReferenceSpan]) -> ReferenceSpan? {
        var current = span
        for _ in 0..<20 {
            guard let parent = byID[current.parentID] else { return nil }
            if parent.kind == 2 { return parent }
            current = parent
        }
        return nil
    }

    private func handlerLabels(_ span: ReferenceSpan) -> RequestLabels? {
        func text(_ key: String) -> String {
            String(decoding: span.texts[key]?.last ?? [], as: UTF8.self)
        }
        guard span.kind == 1, span.texts["verb"] != nil else { return nil }
        // The metrics' names for what the API itself calls create, update, patch and (for logs) get.
        let verbs = ["post": "create", "put": "update", "apply": "patch", "connect": "get"]
        let verb = text("verb").lowercased()
        return RequestLabels(
            verb: verbs[verb] ?? verb, group: text("api-group"), resource: text("resource"),
            subresource: text("subresource"), scope: text("scope"))
    }
}
