/// JSON objects on disk that begin with the checksum of the rest, so that damage isn't taken for another number.
package enum CheckedJSON {
    private static let mark = Array("{\"checksum\":\"".utf8)
    private static let digits = 16

    /// An object with its checksum as the first member.
    ///
    /// - Parameter object: with members, and without white space before the first.
    package static func sealed(_ object: String) -> String {
        "{\"checksum\":\"\(Hex.text(FNV1a.checksum(object.utf8)))\",\(object.dropFirst())"
    }

    /// Whether the text is what `sealed` returned, or an object that never had a checksum: earlier versions wrote these.
    package static func isIntact(_ text: some Collection<UInt8>) -> Bool {
        let wrong = zip(text, mark).count { $0 != $1 }
        guard wrong == 0, text.count > mark.count + digits + 2 else { return wrong > 1 }
        let rest = text.dropFirst(mark.count)
        let members = rest.dropFirst(digits).dropFirst(2)
        let checksum = Hex.text(FNV1a.checksum([UInt8(ascii: "{")] + members))
        return rest.prefix(digits).elementsEqual(checksum.utf8) && rest.dropFirst(digits).starts(with: "\",".utf8)
    }

    /// Whether the text can be the beginning of one object whose write was cut off. Anything else is damage: noise, or several
    /// objects that are no longer apart.
    package static func isBeginning(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        guard text.starts(with: "{\"".utf8) || text.elementsEqual("{".utf8) || text.isEmpty else { return false }
        // Within an object, quotes are escaped wherever this could be part of a text.
        return text.dropFirst().firstRange(of: mark) == nil
    }
}
