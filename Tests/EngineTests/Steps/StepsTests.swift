@testable import Engine
import Testing
import TestSupport

@Suite struct `Answers in steps` {
    private static let start = HistoryOracle.start / hour * hour
    private static let count: Int64 = 3_000

    private static func duration(_ number: Int64) -> Int64 { 1_000_000 + number * 7_919 % 50_000_000 }

    /// A span a second, of which the window holds the last ten minutes.
    private static func view() -> WindowView {
        var window = Window(limits: WindowLimits(duration: 10 * minute))
        for number in 0..<count {
            var builder = BatchBuilder()
            builder.add(end: start + number * second, duration: duration(number), id: UInt64(number + 1))
            _ = window.append(builder.batch, arrival: start + number * second, evaluatedUpTo: .min)
        }
        window.foldEvicted()
        return window.view()
    }

    private static func steps(of view: WindowView, _ grid: StepGrid) -> [LatencyStep] {
        view.latencySteps(
            .spans, grid, isWanted: view.operations.map { _ in true }, quantiles: [0.5, 1])
    }

    @Test(arguments: [1, 5, 7, 60, 90, 300] as [Int64])
    func `begin at multiples of their length and cover the range`(seconds: Int64) {
        for offset in [0, 1, second, 299 * second] as [Int64] {
            let range = Self.start + offset..<Self.start + 1_000 * second
            let grid = StepGrid(range, step: seconds * second)
            #expect(grid.range.lowerBound % grid.step == 0 && grid.range.contains(range.lowerBound))
            #expect(grid.range.upperBound >= range.upperBound && grid.range.upperBound < range.upperBound + grid.step)
            #expect((0..<grid.count).allSatisfy { grid.start($0) + grid.step == grid.start($0 + 1) })
        }
        #expect(StepGrid(Self.start..<Self.start, step: second).count == 0)
    }

    @Test func `of whole minutes come from the history beyond the window, and say so`() throws {
        let view = Self.view()
        let grid = StepGrid(Self.start..<Self.start + Self.count * second, step: minute)
        let steps = Self.steps(of: view, grid)
        #expect(steps.count == 50)
        for (index, step) in steps.enumerated() {
            let durations = (Int64(index) * 60..<Int64(index + 1) * 60).map(Self.duration).sorted()
            #expect(step.statistics.count == 60 && step.statistics.max == durations.last)
            #expect(step.buckets.reduce(0) { $0 + $1.count } == 60)
            let median = Double(try #require(step.statistics.quantiles.first))
            #expect(abs(median / Double(durations[29]) - 1) < (step.isExact ? 1e-12 : 0.0055), "step \(index)")
        }
        #expect(!steps[0].isExact && steps.suffix(9).allSatisfy(\.isExact))
    }

    @Test func `of less than a minute say what they lack`() {
        let view = Self.view()
        let grid = StepGrid(Self.start..<Self.start + Self.count * second, step: 20 * second)
        let steps = Self.steps(of: view, grid)
        for step in steps where step.isExact { #expect(step.statistics.count == 20) }
        #expect(steps.filter(\.isExact).count >= 28)
        #expect(steps.prefix(100).allSatisfy { !$0.isExact && $0.statistics.count == 0 && $0.buckets.isEmpty })
    }

    @Test func `have a duration in the bucket between whose bounds it lies`() {
        let view = Self.view()
        let end = Self.start + Self.count * second
        let steps = Self.steps(of: view, StepGrid(end - 300 * second..<end, step: 7 * second))
        for bucket in steps.flatMap(\.buckets) {
            let (lower, upper) = HeatBucket.bounds(bucket.number)
            #expect(upper > lower && Double(upper) < 1.2 * Double(lower))
        }
        for (index, step) in steps.enumerated() {
            let grid = StepGrid(end - 300 * second..<end, step: 7 * second)
            let durations = (0..<Self.count).filter { grid.bounds(index).contains(Self.start + $0 * second) }
                .map(Self.duration)
            for bucket in step.buckets {
                let (lower, upper) = HeatBucket.bounds(bucket.number)
                #expect(durations.count { $0 > lower && $0 <= upper } == bucket.count)
            }
        }
    }
}
