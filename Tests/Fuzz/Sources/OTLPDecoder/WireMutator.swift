internal import CFuzzer
import TestSupport

/// Mutates one field somewhere in nested messages and corrects the lengths around it, so that mutations get past the
/// outermost length. Bytes are taken for a message if they parse as fields to their end.
struct WireMutator {
    private var random: SeededGenerator

    init(seed: UInt32) {
        random = SeededGenerator(seed: UInt64(seed))
    }

    mutating func mutated(_ message: [UInt8]) -> [UInt8] {
        guard var fields = WireField.all(of: message), !fields.isEmpty else { return bytesMutated(message) }
        let index = Int.random(in: 0..<fields.count, using: &random)
        if fields[index].mayBeMessage, Int.random(in: 0..<8, using: &random) > 0 {
            fields[index].contents = mutated(fields[index].contents)
        } else {
            change(&fields, at: index)
        }
        return fields.flatMap(\.bytes)
    }

    private mutating func change(_ fields: inout [WireField], at index: Int) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: fields.remove(at: index)
        case 1: fields.insert(fields[index], at: Int.random(in: 0...fields.count, using: &random))
        case 2: fields.swapAt(index, Int.random(in: 0..<fields.count, using: &random))
        case 3: fields[index].tag = UInt64.random(in: 0..<136, using: &random)
        case 4: fields[index].nest(under: [0x12, 0x0A, 0x2A, 0x32].randomElement(using: &random) ?? 0x0A)
        default: fields[index].contents = bytesMutated(fields[index].contents)
        }
    }

    private func bytesMutated(_ bytes: [UInt8]) -> [UInt8] {
        let limit = bytes.count + 16
        return unsafe [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            _ = unsafe room.initialize(from: bytes + repeatElement(0, count: 16))
            count = unsafe LLVMFuzzerMutate(room.baseAddress, bytes.count, limit)
        }
    }
}

/// A field as it is encoded in a message.
private struct WireField {
    var tag: UInt64
    /// Without the length, where the field has one.
    var contents: [UInt8]

    var bytes: [UInt8] {
        Self.varint(tag) + (tag & 7 == 2 ? Self.varint(UInt64(contents.count)) : []) + contents
    }

    var mayBeMessage: Bool { tag & 7 == 2 && !contents.isEmpty && Self.all(of: contents) != nil }

    /// Wraps the field's contents in a field of a nested message.
    mutating func nest(under inner: UInt64) {
        contents = WireField(tag: inner, contents: contents).bytes
    }

    /// nil if the bytes aren't a message.
    static func all(of message: [UInt8]) -> [WireField]? {
        var fields: [WireField] = []
        var rest = message[...]
        while !rest.isEmpty {
            guard let tag = readVarint(&rest), tag >= 8 else { return nil }
            let length: Int
            switch tag & 7 {
            case 0: length = (rest.firstIndex { $0 < 0x80 } ?? rest.endIndex) + 1 - rest.startIndex
            case 1: length = 8
            case 2: length = Int(clamping: readVarint(&rest) ?? .max)
            case 5: length = 4
            default: return nil
            }
            guard length <= rest.count else { return nil }
            fields.append(WireField(tag: tag, contents: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return fields
    }

    private static func readVarint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: value)]
    }
}
