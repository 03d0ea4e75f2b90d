import Credentials
import Foundation
import Testing
import YAML

@Suite struct `Bearer tokens in a file` {
    private func tokens(_ contents: String) throws -> BearerTokens {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(contents.utf8).write(to: URL(fileURLWithPath: path))
        var diagnostics = Diagnostics(file: "faultline.yaml")
        let document = YAMLDocument(Array("token_file: \(path)\n".utf8), &diagnostics)
        let root = try #require(document?.root)
        let mapping = try #require(YAMLMapping(root, "the file", fields: ["token_file"], &diagnostics))
        return try BearerTokens(try #require(CredentialFile("token_file", of: mapping, &diagnostics)))
    }

    @Test func `accept any of their lines, with any line break, and nothing else`() throws {
        let tokens = try tokens("# old\nfirst-token\r\n\n  second.token==  \n")
        #expect(tokens.match("Bearer first-token") == .accepted)
        #expect(tokens.match("bearer   second.token==") == .accepted)
        for wrong in [
            "Bearer first-toke", "Bearer first-token2", "Bearer #", "Bearer FIRST-TOKEN", "Bearer first-token\r",
        ] {
            #expect(tokens.match(wrong) == .wrong, "\(wrong)")
        }
        for missing in [nil, "", "Bearer", "Bearer ", "first-token", "Digest first-token"] {
            #expect(tokens.match(missing) == .missing, "\(missing ?? "nil")")
        }
    }

    @Test func `come as a password only where that is allowed`() throws {
        let tokens = try tokens("first-token\n")
        func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }
        #expect(tokens.match(basic("anyone:first-token"), takesPassword: true) == .accepted)
        #expect(tokens.match(basic("first-token:"), takesPassword: true) == .wrong)
        #expect(tokens.match(basic("first-token"), takesPassword: true) == .wrong)
        #expect(tokens.match("Basic %", takesPassword: true) == .wrong)
        #expect(tokens.match(basic("anyone:first-token")) == .missing)
    }

    @Test(arguments: [
        ("a token with spaces\n", "line 1"), ("ok\n\n\"quoted\"\n", "line 3"), ("# nothing\n\n", "no token"),
    ])
    func `name the line that is no token`(contents: String, place: String) {
        let error = #expect(throws: CredentialError.self) { try tokens(contents) }
        #expect(error?.description.contains(place) == true)
    }
}
