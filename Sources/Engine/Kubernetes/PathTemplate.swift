/// The template of a request's path, as kube-apiserver puts it into the names of its spans from 1.31 on:
/// `/api/v1/namespaces/{:namespace}/pods/{:name}`.
package enum PathTemplate {
    /// Whether a path equals a template but for the segments in braces.
    ///
    /// False for a path with an escape in such a segment: it may stand for a slash.
    ///
    /// - Parameter target: a path, with or without its query.
    package static func matches(_ template: RawSpan, _ target: RawSpan) -> Bool {
        var (inTemplate, inTarget) = (0, 0)
        while true {
            let equal = equalBytes(template, inTemplate, target, inTarget)
            inTemplate &+= equal
            inTarget &+= equal
            if inTemplate == template.byteCount {
                return inTarget == target.byteCount || ASCII.byte(target, inTarget) == UInt8(ascii: "?")
            }
            guard ASCII.byte(template, inTemplate) == UInt8(ascii: "{"),
                let brace = ASCII.firstIndex(of: UInt8(ascii: "}"), in: template, from: inTemplate),
                let end = endOfSegment(target, from: inTarget), end > inTarget
            else { return false }
            inTemplate = brace &+ 1
            inTarget = end
        }
    }

    /// How many bytes are equal from two offsets on.
    @inline(__always)
    private static func equalBytes(_ first: RawSpan, _ start: Int, _ second: RawSpan, _ secondStart: Int) -> Int {
        let most = min(first.byteCount &- start, second.byteCount &- secondStart)
        var equal = 0
        while equal < most {
            let difference =
                ASCII.word(first, at: start &+ equal) ^ ASCII.word(second, at: secondStart &+ equal)
            if difference != 0 { return min(most, equal &+ difference.trailingZeroBitCount &>> 3) }
            equal &+= 8
        }
        return most
    }

    /// The offset behind a segment of a path; nil where the segment has an escape.
    @inline(__always)
    private static func endOfSegment(_ target: RawSpan, from start: Int) -> Int? {
        var offset = start
        while offset < target.byteCount {
            let word = ASCII.word(target, at: offset)
            // A slash and a question mark differ in one bit.
            let ends = ASCII.zeroBytes((word | 0x1010_1010_1010_1010) ^ 0x3F3F_3F3F_3F3F_3F3F)
            let escapes = ASCII.zeroBytes(word ^ 0x2525_2525_2525_2525)
            let found = ends | escapes
            if found != 0 {
                let index = offset &+ found.trailingZeroBitCount &>> 3
                return ASCII.byte(target, index) == UInt8(ascii: "%") ? nil : index
            }
            offset &+= 8
        }
        return target.byteCount
    }
}
