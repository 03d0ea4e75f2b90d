/// The template of a request's path. Since Kubernetes 1.31 the API server names spans after it:
/// `/api/v1/namespaces/{:namespace}/pods/{:name}`.
package enum PathTemplate {
    /// Matches a path against a template: they must be equal except for the segments in braces.
    ///
    /// An escape in such a segment doesn't match, because it may encode a slash.
    ///
    /// - Parameters:
    ///   - body: contains both. Reading slightly past their ends is cheaper than stopping there.
    ///   - target: a path, with or without its query.
    /// - Returns: the end of the path, where its query begins; nil if it doesn't match.
    package static func match(_ body: RawSpan, _ template: Range<Int>, _ target: Range<Int>) -> Int? {
        var (inTemplate, inTarget) = (template.lowerBound, target.lowerBound)
        while true {
            let most = min(template.upperBound &- inTemplate, target.upperBound &- inTarget)
            var equal = 0
            while equal < most {
                let difference = ASCII.word(body, at: inTemplate &+ equal) ^ ASCII.word(body, at: inTarget &+ equal)
                guard difference == 0 else {
                    equal &+= difference.trailingZeroBitCount &>> 3
                    break
                }
                equal &+= 8
            }
            equal = min(equal, most)
            inTemplate &+= equal
            inTarget &+= equal
            if inTemplate == template.upperBound {
                let isEnd = inTarget == target.upperBound || ASCII.byte(body, inTarget) == UInt8(ascii: "?")
                return isEnd ? inTarget : nil
            }
            guard ASCII.byte(body, inTemplate) == UInt8(ascii: "{"),
                let brace = ASCII.firstIndex(of: UInt8(ascii: "}"), in: body, from: inTemplate),
                brace < template.upperBound, let end = endOfSegment(body, inTarget..<target.upperBound), end > inTarget
            else { return nil }
            inTemplate = brace &+ 1
            inTarget = end
        }
    }

    /// The end of the first segment of a range; nil if the segment contains an escape.
    @inline(__always)
    private static func endOfSegment(_ body: RawSpan, _ range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let word = ASCII.word(body, at: offset)
            // A slash and a question mark differ in one bit.
            let ends = ASCII.zeroBytes((word | 0x1010_1010_1010_1010) ^ 0x3F3F_3F3F_3F3F_3F3F)
            let escapes = ASCII.zeroBytes(word ^ 0x2525_2525_2525_2525)
            let found = ends | escapes
            if found != 0 {
                let index = offset &+ found.trailingZeroBitCount &>> 3
                guard index < range.upperBound else { break }
                return ASCII.byte(body, index) == UInt8(ascii: "%") ? nil : index
            }
            offset &+= 8
        }
        return range.upperBound
    }
}
