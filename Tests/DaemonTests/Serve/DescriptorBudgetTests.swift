import Testing

@testable import Daemon

@Suite struct `descriptors` {
    @Test(arguments: [64, 128, 256, 1_024, 4_096, 1 << 20], [1, 2, 16, 256])
    func `all connections, event loops and files fit within the limit`(limit: Int, cores: Int) throws {
        let budget = try DescriptorBudget(limit: limit, open: 2, cores: cores, wanted: 400)
        let connections = 2 * budget.receiver + budget.query
        #expect(budget.receiver >= 4 && budget.query >= 4 && budget.jaeger == 0)
        #expect(budget.receiver <= 400)
        #expect(connections + 3 * (budget.loops + 1) + 16 + 14 + 2 <= limit)
    }

    @Test(arguments: [80, 128, 256, 1_024, 4_096, 1 << 20], [1, 2, 16, 256])
    func `so do those of Jaeger's address, its event loop and its socket`(limit: Int, cores: Int) throws {
        let budget = try DescriptorBudget(limit: limit, open: 2, cores: cores, wanted: 400, hasJaeger: true)
        #expect(budget.receiver >= 4 && budget.query >= 4 && budget.jaeger >= 4)
        let connections = 2 * budget.receiver + budget.query + budget.jaeger
        #expect(connections + 3 * (budget.loops + 2) + 16 + 14 + 1 + 2 <= limit)
    }

    @Test func `a higher limit allows the configured connections, and the usual limit nearly all`() throws {
        let budget = try DescriptorBudget(limit: 4_096, open: 2, cores: 4, wanted: 400)
        #expect(budget.receiver == 400)
        #expect(budget.query == 128)
        #expect(try DescriptorBudget(limit: 1_024, open: 2, cores: 4, wanted: 400).receiver >= 390)
    }

    @Test func `a limit that is too low says what is needed`() {
        #expect(throws: DescriptorBudget.TooFewError.self) {
            try DescriptorBudget(limit: 32, open: 2, cores: 1, wanted: 400)
        }
    }
}
