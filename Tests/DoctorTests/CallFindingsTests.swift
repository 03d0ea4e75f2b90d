import Engine
import Testing

@testable import Doctor

@Suite struct `Calls to etcd that both sides tell of` {
    private func sentences(made: Int, answered: Int, failed: Int = 0, silent: Set<ServiceRole> = []) -> [String] {
        func operation(_ service: String, _ kind: String, _ count: Int, _ name: String) -> CallFindings.Operation {
            CallFindings.Operation(
                cluster: nil, service: service, operation: name, kind: kind, count: count + failed, errors: failed)
        }
        let operations = [
            operation("apiserver", "CLIENT", made, "etcdserverpb.KV/Range"),
            operation("etcd", "SERVER", answered, "etcdserverpb.KV/Range"),
            // A watch has a span when its stream ends, on either side.
            operation("apiserver", "CLIENT", 100_000, "etcdserverpb.Watch/Watch"),
            operation("somebody", "CLIENT", 100_000, "etcdserverpb.KV/Range"),
        ]
        return CallFindings(operations) { ServiceNames.usual.role(of: $0) }.sentences(silent: silent)
    }

    @Test func `are nothing to speak of if at most one in ten is missing`() {
        for made in stride(from: 0, through: 2_000, by: 50) {
            for answered in stride(from: 0, through: 2_000, by: 50) {
                let (fewer, more) = (min(made, answered), max(made, answered))
                let isMissing = fewer > 0 && more >= 500 && 10 * (more - fewer) > more
                #expect(sentences(made: made, answered: answered).isEmpty == !isMissing, "\(made), \(answered)")
            }
        }
    }

    @Test func `name the side that loses spans`() throws {
        let lost = try #require(sentences(made: 1_000, answered: 600).first)
        #expect(lost.contains("show 1000 and etcd's 600: a member doesn't send spans"))
        let other = try #require(sentences(made: 600, answered: 1_000).first)
        #expect(other.contains("show 600 and etcd's 1000: an API server's exporter drops some"))
    }

    @Test func `leave out those that failed, which may have a span on one side only`() {
        #expect(sentences(made: 1_000, answered: 950, failed: 400).isEmpty)
        #expect(sentences(made: 1_000, answered: 600, failed: 400).count == 1)
    }

    @Test func `blame no exporter for what a silent process explains`() {
        #expect(sentences(made: 600, answered: 1_000, silent: [.apiServer]).isEmpty)
        #expect(sentences(made: 1_000, answered: 600, silent: [.etcd]).isEmpty)
        #expect(sentences(made: 600, answered: 1_000, silent: [.etcd]).count == 1)
        #expect(sentences(made: 1_000, answered: 600, silent: [.apiServer]).count == 1)
    }
}
