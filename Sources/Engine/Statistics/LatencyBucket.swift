/// The buckets of Prometheus native histograms, schema 6, over durations in nanoseconds.
///
/// Bucket i covers (2^((i−1)/64), 2^(i/64)] seconds. It is 1.09 % wide, so its geometric middle is within 0.55 % of any
/// value in it. A *code* numbers the buckets that an Int64 of nanoseconds can fall in: 0 is a duration of zero, 1 the
/// bucket of one nanosecond (i = −1913), 4033 that of the largest.
/// Source: the Prometheus native histogram specification, "Standard exponential schemas".
@usableFromInline
package struct LatencyBucket: Sendable {
    package static let shared = LatencyBucket()

    static let schema = 6
    static let codeCount = 4034
    /// The native index of code 1.
    private static let firstIndex = -1913
    /// Leading bits of a duration that pick the first guess. They cover at most 0.8 %, less than a bucket, so the right
    /// bucket is the guess or the next.
    @usableFromInline static let guessBits = 7

    /// The largest duration of each bucket, nanoseconds, by code.
    @usableFromInline let upperBounds: [Int64]
    @usableFromInline let guesses: [UInt16]

    private init() {
        upperBounds = Self.makeUpperBounds()
        guesses = Self.makeGuesses(upperBounds)
    }

    /// The code of a duration in nanoseconds; negative ones count as zero.
    @inlinable @inline(__always)
    package func code(_ nanoseconds: Int64) -> UInt16 {
        // Branch-free: self times of zero are common, and which of the two buckets is right can't be predicted.
        let guess = guesses[Self.guessIndex(UInt64(bitPattern: max(nanoseconds, 1)))]
        let code = guess &+ (upperBounds[Int(guess)] < nanoseconds ? 1 : 0)
        return nanoseconds > 0 ? code : 0
    }

    /// The largest duration of a bucket, nanoseconds.
    package func upperBound(_ code: Int) -> Int64 { upperBounds[code] }

    /// The smallest and the largest duration of a bucket, nanoseconds.
    func bounds(_ code: Int) -> ClosedRange<Int64> {
        code == 0 ? 0...0 : upperBounds[code - 1] + 1...upperBounds[code]
    }

    /// The native index of a code of at least 1.
    static func nativeIndex(_ code: Int) -> Int { code - 1 + firstIndex }

    /// The geometric middle of a bucket, nanoseconds.
    func middle(_ code: Int) -> Int64 {
        guard code > 0 else { return 0 }
        let upper = Self.powerOfTwo(sixtyFourths: Self.nativeIndex(code)) * 1e9
        let middle = (upper * Self.fraction(63) / 2 * upper).squareRoot()
        return middle < 0x1p63 ? Int64(middle.rounded()) : .max
    }

    /// The ratio of two durations that lie `steps` buckets apart; 64 buckets are a doubling.
    package static func ratio(ofSteps steps: Double) -> Double {
        let exponent = steps / 64
        let whole = exponent.rounded(.down)
        // 2^x is e^(x ln 2), whose series converges fast below 1.
        let power = (exponent - whole) * 0.693_147_180_559_945_3
        var (term, sum) = (1.0, 1.0)
        for n in 1...16 {
            term *= power / Double(n)
            sum += term
        }
        return Double(sign: .plus, exponent: Int(max(min(whole, 1000), -1000)), significand: sum)
    }

    /// The binary logarithm of a positive number, within 2^-16.
    static func binaryLogarithm(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return 0 }
        var (result, rest) = (Double(value.exponent), value.significand)
        var (step, factor) = (0.5, 2.0.squareRoot())
        for _ in 0..<16 {
            if rest >= factor {
                rest /= factor
                result += step
            }
            (step, factor) = (step / 2, factor.squareRoot())
        }
        return result
    }

    @inlinable @inline(__always)
    static func guessIndex(_ value: UInt64) -> Int {
        let leading = value.leadingZeroBitCount
        let mantissa = (value &<< UInt64(leading)) &>> UInt64(63 - guessBits) & 0x7F
        return (63 - leading) &<< guessBits | Int(truncatingIfNeeded: mantissa)
    }

    private static func makeUpperBounds() -> [Int64] {
        (0..<codeCount).map { code in
            guard code > 0 else { return 0 }
            let bound = powerOfTwo(sixtyFourths: nativeIndex(code)) * 1e9
            return bound < 0x1p63 ? Int64(bound) : .max
        }
    }

    private static func makeGuesses(_ bounds: [Int64]) -> [UInt16] {
        var guesses = [UInt16](repeating: 1, count: 64 &<< guessBits)
        var code = 1
        for exponent in 0..<63 {
            for mantissa in 0..<(1 &<< guessBits) {
                let leading = UInt64(1) &<< 63 | UInt64(mantissa) &<< UInt64(63 - guessBits)
                // The smallest duration with these leading bits, rounded up if it has fewer bits.
                let smallest = Int64(leading &>> UInt64(63 - exponent))
                while bounds[code] < smallest { code += 1 }
                guesses[exponent &<< guessBits | mantissa] = UInt16(code)
            }
        }
        return guesses
    }

    /// 2^(n/64).
    private static func powerOfTwo(sixtyFourths n: Int) -> Double {
        let whole = n >> 6
        return fraction(n & 63) * Double(sign: .plus, exponent: whole, significand: 1)
    }

    /// 2^(n/64) for n in 0..<64, from the binary digits of n and repeated square roots of 2; within 6 ulp.
    private static func fraction(_ n: Int) -> Double {
        var result = 1.0
        var root = 2.0
        for bit in (0..<6).reversed() {
            root = root.squareRoot()
            if n >> bit & 1 == 1 { result *= root }
        }
        return result
    }
}
