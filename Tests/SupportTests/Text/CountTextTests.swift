import Support
import Testing

@Suite struct `Counts and rates for people` {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (54_453, "54,453"), (1_000_000, "1,000,000"), (-1_234, "-1,234"),
    ])
    func `have separators between thousands`(count: Int, text: String) {
        #expect(countText(count) == text)
    }

    @Test(arguments: [
        (0, "0/s"), (0.004, "< 0.01/s"), (0.016, "0.02/s"), (0.0949, "0.09/s"), (0.0951, "0.1/s"), (0.31, "0.3/s"),
        (99.94, "99.9/s"), (250.4, "250/s"), (1_250, "1,250/s"),
    ])
    func `are per second with a unit`(rate: Double, text: String) {
        #expect(rateText(rate) == text)
    }
}
