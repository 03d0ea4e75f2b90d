import TestSupport
import Testing

@testable import Engine

/// Three members of etcd begin twenty handlers a second each for half a minute; the second may do nothing for a while.
@Suite struct `Calls to etcd that wait for one member of three` {
    private static let members: [UInt16] = [1, 2, 3]
    private static let apiServer: UInt16 = 4
    private static let pause = 5 * second..<20 * second

    private struct Found {
        var stall: Stall?
        var delays: CallDelays
    }

    /// - Parameters:
    ///   - delayed: when the handler of a call to the second member begins that was made at a time.
    ///   - isPaused: whether the member does nothing else meanwhile.
    private func find(isPaused: Bool, delayed: (Int64) -> Int64) -> Found {
        var waits = StoppedProcesses()
        var lives = SourceLives(0..<30 * second, sources: 5)
        var id: UInt64 = 0
        for number in 0..<Int64(600) {
            let begin = number * 50 * millisecond
            lives.add(begin, Self.apiServer, isEtcd: false)
            for member in Self.members {
                id += 1
                // Now and then a call waits in health too.
                let usual = begin + (number % 40 == 0 ? 60 : 1) * millisecond
                let isLate = member == 2 && Self.pause.contains(begin)
                let handled = isLate ? delayed(begin) : usual
                if handled - begin >= StoppedProcesses.waitMin {
                    waits.add(id, begin..<handled + 2 * millisecond, of: Self.apiServer)
                    waits.match(id, handled..<handled + millisecond, of: member)
                }
                lives.add(isLate && !isPaused ? usual : handled, member, isEtcd: true)
            }
        }
        lives.sum()
        return Found(stall: waits.stall, delays: waits.delays(lives))
    }

    @Test func `wait for that member if none of its handlers begins meanwhile`() {
        let found = find(isPaused: true) { Self.pause.upperBound + $0 % 7 * millisecond }
        #expect(found.stall?.process == .etcd && found.stall?.source == 2)
        #expect((found.stall?.longest ?? 0) >= 15 * second)
        #expect(found.delays.process == .etcd && found.delays.before.source == 2)
        #expect(!found.delays.isOnTheWay)
    }

    @Test func `wait on the way if that member continues with others`() {
        let found = find(isPaused: false) { $0 + 300 * millisecond }
        #expect(found.stall == nil)
        #expect(found.delays.process == nil && found.delays.isOnTheWay)
    }

    @Test func `are said to wait for that member`() {
        var evidence = Evidence()
        evidence.sources = (0...4).map { SourceLabels(cluster: "", service: "", instance: "m\($0)") }
        evidence.memberCount = 3
        let stall = Stall(process: .etcd, calls: 53, longest: 13 * second, source: 2)
        let verdict = evidence.stalled(stall)
        #expect(verdict.side == .etcd && verdict.instance == "m2")
        #expect(verdict.why.hasSuffix("it was stopped meanwhile; of 3 members only m2"))
        evidence.memberCount = 1
        #expect(evidence.stalled(stall).instance == nil)
    }
}
