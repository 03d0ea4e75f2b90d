import Support
import Testing

@Suite struct `Times and durations from outside` {
    @Test(arguments: [UInt64(0), 1, 1 << 62]) func `pass within the limits`(nanoseconds: UInt64) {
        #expect(TimeLimits.time(nanoseconds) == Int64(nanoseconds))
    }

    @Test(arguments: [UInt64(1 << 62) + 1, 1 << 63 - 1, 1 << 63, .max])
    func `are refused beyond them, whatever their type`(nanoseconds: UInt64) {
        #expect(TimeLimits.time(nanoseconds) == nil)
        #expect(TimeLimits.time(Int64(truncatingIfNeeded: ~nanoseconds) | .min) == nil)
        #expect(TimeLimits.duration(nanoseconds) == nil)
        #expect(TimeLimits.duration(Int64(-1)) == nil)
    }

    @Test func `leave room for the sum of a time and fourteen durations`() {
        let sum = (0..<14).reduce(Int128(TimeLimits.latest)) { sum, _ in sum + Int128(TimeLimits.longest) }
        #expect(sum <= Int128(Int64.max))
        #expect(0 - 14 * Int128(TimeLimits.longest) >= Int128(Int64.min))
    }

    @Test func `saturate where a sentinel is one of them`() {
        #expect(Int64.min.subtractingSaturating(1) == .min)
        #expect(Int64.max.addingSaturating(1) == .max)
        #expect(Int64.min.subtractingSaturating(.min) == 0)
        #expect(Int64(-1).subtractingSaturating(.min) == .max)
        #expect(Int64(0).subtractingSaturating(.min) == .max)
        #expect((Int64(1) << 60).multipliedSaturating(by: -60) == .min)
        #expect(TimeLimits.nearestTime(.min) == 0)
        #expect(TimeLimits.nearestTime(.max) == TimeLimits.latest)
    }
}
