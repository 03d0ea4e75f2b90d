import Testing
import TestSupport

@testable import Engine

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct `Latency buckets` {
    private let buckets = LatencyBucket.shared

    @Test func `a duration lies above its bucket's lower bound and at or below its upper one`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200_000 {
            let duration = Int64(bitPattern: random.next() >> UInt64.random(in: 1...63, using: &random))
            let code = Int(buckets.code(duration))
            #expect(duration <= buckets.upperBound(code))
            #expect(code == 0 || duration > buckets.upperBound(code - 1))
        }
    }

    @Test func `durations at both ends of each run of leading bits lie in their bucket`() {
        func check(_ duration: Int64) {
            let code = Int(buckets.code(duration))
            #expect(duration <= buckets.upperBound(code) && duration > buckets.upperBound(code - 1), "\(duration)")
        }
        for exponent in 0..<63 {
            // The leading bit and seven more, where there are as many.
            let first = Int64(1) << exponent
            let length = max(first >> 7, 1)
            for run in 0..<min(first, 128) {
                check(first + run * length)
                check(first + run * length + (length - 1))
            }
        }
    }

    @Test func `bounds are those of Prometheus' native histograms of schema 6`() {
        for code in stride(from: 500, to: LatencyBucket.codeCount - 1, by: 7) {
            let bound = exp2(Double(LatencyBucket.nativeIndex(code)) / 64) * 1e9
            #expect(abs(Double(buckets.upperBound(code)) - bound) <= max(1, bound * 1e-13))
        }
    }

    @Test(arguments: [Int64.min, -1, 0]) func `durations that are not positive count as zero`(duration: Int64) {
        #expect(buckets.code(duration) == 0)
    }

    @Test func `the extremes have codes`() {
        #expect(buckets.code(1) == 1)
        #expect(Int(buckets.code(.max)) == LatencyBucket.codeCount - 1)
    }

    @Test func `the middle of a bucket is within 0.55 percent of all in it`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<10_000 {
            let duration = Int64.random(in: 1_000...1_000_000_000_000, using: &random)
            let middle = buckets.middle(Int(buckets.code(duration)))
            #expect(abs(Double(middle - duration)) <= Double(duration) * 0.0055 + 1)
        }
    }
}
