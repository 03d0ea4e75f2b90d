/// A name in which `*` stands for any text.
struct NamePattern: Hashable, Sendable {
    private let text: [UInt8]

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    func matches(_ name: RawSpan) -> Bool {
        var (inText, inName) = (0, 0)
        // Where to go on if what follows the last star doesn't match: the star takes one more byte.
        var star: (text: Int, name: Int)?
        while inName < name.byteCount {
            if inText < text.count, text[inText] == UInt8(ascii: "*") {
                star = (inText + 1, inName)
                inText += 1
            } else if inText < text.count, text[inText] == ASCII.byte(name, inName) {
                inText += 1
                inName += 1
            } else if let last = star {
                star = (last.text, last.name + 1)
                (inText, inName) = (last.text, last.name + 1)
            } else {
                return false
            }
        }
        return text[inText...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
