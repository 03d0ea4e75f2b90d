@testable import Archive
import Foundation
import TestSupport
import Testing

@Suite struct `JSON in an archive` {
    private func read(_ contents: [UInt8]) throws -> (records: [String], failure: ArchiveError?) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try Data(contents).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var read: [String] = []
        do throws(ArchiveError) {
            var reader = try ArchiveReader(file.path)
            while try reader.next({ record, _ in
                unsafe record.withUnsafeBytes { unsafe read.append(String(decoding: $0, as: UTF8.self)) }
            }) {}
        } catch {
            return (read, error)
        }
        return (read, nil)
    }

    private func records(_ text: String) throws -> [String] {
        let result = try read(Array(text.utf8))
        #expect(result.failure == nil)
        return result.records
    }

    private static let pretty = "{\n  \"a\": [\n    {},\n{\"b\":\n{\"c\": \"}]\\\"{\\\\\"}}\n  ]\n}"

    @Test(arguments: ["\n", "", " \r\n\t", "\n\n"]) func `is any sequence of values`(separator: String) throws {
        let values = [Self.pretty, "{\"x\":1}", Self.pretty]
        #expect(try records(separator + values.joined(separator: separator) + separator) == values)
    }

    @Test(arguments: ["\n", "", " \r\n\t"]) func `is the elements of a top-level array`(space: String)
        throws
    {
        let values = [Self.pretty, "[1,[2]]", "{\"x\":1}"]
        let array = "[" + space + values.joined(separator: space + "," + space) + space + "]"
        #expect(try records(array + space + "{\"y\":2}" + array) == values + ["{\"y\":2}"] + values)
    }

    @Test func `may begin with a byte order mark`() throws {
        #expect(try records("\u{FEFF}\n{\"x\":1}") == ["{\"x\":1}"])
    }

    @Test(arguments: [1, 5, 12, 20, 27]) func `continues after a line that was cut off`(length: Int) throws {
        let whole = "{\"a\":[{\"b\":\"c\"},{\"d\":1}]}\n"
        let cut = String(whole.prefix(length)) + "\n"
        let found = try read(Array((whole + cut + whole + whole).utf8)).records
        // If it is cut where an object may follow, the next line is lost too.
        #expect(found.filter { $0 + "\n" == whole }.count >= 2)
        #expect(found.joined().filter { $0 == "{" }.count == (whole + cut + whole + whole).filter { $0 == "{" }.count)
    }

    @Test func `continues after a first line that was cut off`() throws {
        #expect(try records("b\":[{}]}],[\n{\"x\":1}\n") == ["b\":[{}]}],[", "{\"x\":1}"])
    }

    @Test func `gives what is left if the last value is cut off`() throws {
        #expect(try records("{\"x\":1}\n{\"y\":[") == ["{\"x\":1}", "{\"y\":["])
        #expect(try read(Array("[{\"x\":1},".utf8)).failure?.problem.contains("is not closed") == true)
    }

    @Test(arguments: ["{}", "[]", "{ }\n{}", "[{}]"]) func `without any content is not an archive`(text: String) throws
    {
        #expect(try read(Array(text.utf8)).failure?.kind == .unreadable)
    }

    @Test(arguments: ["resourceSpans", "data"]) func `of one large value is split into parts of the same form`(
        list: String
    ) throws {
        let filler = String(repeating: "x\\\"]},", count: 30_000)
        let elements = (0..<100).map { "{\"n\":\($0),\"f\":\"\(filler)\"}" }
        let text =
            "{\"errors\":[1,2],\"\(list)\":[ \(elements.joined(separator: " ,\n ")) ],\"total\":[0,0]}\n{\"x\":1}"
        let found = try records(text)
        #expect(found.count > 2 && found.last == "{\"x\":1}")
        var numbers: [Int] = []
        for part in found.dropLast() {
            #expect(part.utf8.count < 14 << 20)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(part.utf8)) as? [String: Any])
            let elements = try #require(object[list] as? [[String: Any]])
            numbers += elements.compactMap { $0["n"] as? Int }
            #expect(object["errors"] as? [Int] == [1, 2])
        }
        #expect(numbers == Array(0..<100))
    }
}
